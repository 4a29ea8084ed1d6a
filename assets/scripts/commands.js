// What can be done to a server, a packet or a link, and the commands that do
// it. The list of servers, the menu on the stage and the keys all read it here.

import { program } from "./program.js";

/** Sends commands, one after the other. */
export function order(...commands) {
  for (const command of commands) program.send("command", command);
}

let written = 0;

/** What can be done to a server: {key, text, danger?, run}. */
export function deedsFor(server, view) {
  const id = server.id;
  const alone = isCutOff(server, view);
  const others = view.servers.filter((other) => other.id !== id);
  return [
    server.alive
      ? { key: "c", text: "Crash", danger: true, run: () => order({ kind: "crash", server: id }) }
      : { key: "c", text: "Restart", run: () => order({ kind: "restart", server: id }) },
    server.alive &&
      (server.paused
        ? { key: "p", text: "Resume", run: () => order({ kind: "resume", server: id }) }
        : { key: "p", text: "Pause", run: () => order({ kind: "pause", server: id }) }),
    server.alive && !server.paused && server.role !== "leader" && { key: "t", text: "Time out", run: () => order({ kind: "timeOut", server: id }) },
    server.alive && {
      key: "w",
      text: "Write",
      run: () => order({ kind: "write", server: id, key: "x", value: String(++written) }),
    },
    others.length > 0 &&
      (alone
        ? { key: "x", text: "Reconnect", run: () => order(...bothWays(id, others, view, true)) }
        : { key: "x", text: "Cut off", run: () => order(...bothWays(id, others, view, false)) }),
  ].filter(Boolean);
}

/** What can be done to a packet. */
export function deedsForPacket(id) {
  return [
    { text: "Drop", danger: true, run: () => order({ kind: "drop", packet: id }) },
    { text: "Send a second copy", run: () => order({ kind: "duplicate", packet: id }) },
    { text: "Hold up for 50 ms", run: () => order({ kind: "delay", packet: id, for: 50_000_000 }) },
    { text: "Hold up for 500 ms", run: () => order({ kind: "delay", packet: id, for: 500_000_000 }) },
  ];
}

/** What can be done to the link between two servers. */
export function deedsForLink(from, to, view) {
  const oneWay = (a, b) =>
    isCut(a, b, view)
      ? { text: `Heal S${a} → S${b}`, run: () => order({ kind: "heal", from: a, to: b }) }
      : { text: `Cut S${a} → S${b}`, danger: true, run: () => order({ kind: "cut", from: a, to: b }) };
  const whole = !isCut(from, to, view) && !isCut(to, from, view);
  return [
    whole && {
      text: "Cut both ways",
      danger: true,
      run: () => order({ kind: "cut", from, to }, { kind: "cut", from: to, to: from }),
    },
    oneWay(from, to),
    oneWay(to, from),
  ].filter(Boolean);
}

/** Makes every link work again. */
export function healAll() {
  order({ kind: "healAll" });
}

/** Whether no packet gets to or from a server. */
export function isCutOff(server, view) {
  const others = view.servers.filter((other) => other.id !== server.id);
  return others.length > 0 && others.every((other) => isCut(server.id, other.id, view) && isCut(other.id, server.id, view));
}

function isCut(from, to, view) {
  return view.cuts.some((cut) => cut.from === from && cut.to === to);
}

// The commands that cut or heal every direction between a server and the
// others, without those that would change nothing.
function bothWays(id, others, view, heal) {
  const kind = heal ? "heal" : "cut";
  return others
    .flatMap((other) => [
      { kind, from: id, to: other.id },
      { kind, from: other.id, to: id },
    ])
    .filter(({ from, to }) => isCut(from, to, view) === heal);
}
