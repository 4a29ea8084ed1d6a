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
      ? { key: "c", text: "Crash", danger: true, run: () => order({ kind: "Crash", server: id }) }
      : { key: "c", text: "Restart", run: () => order({ kind: "Restart", server: id }) },
    server.alive &&
      (server.paused
        ? { key: "p", text: "Resume", run: () => order({ kind: "Resume", server: id }) }
        : { key: "p", text: "Pause", run: () => order({ kind: "Pause", server: id }) }),
    server.alive && !server.paused && server.role !== "leader" && { key: "t", text: "Time out", run: () => order({ kind: "TimeOut", server: id }) },
    server.alive && {
      key: "w",
      text: "Write",
      run: () => order({ kind: "Write", server: id, key: "x", value: String(++written) }),
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
    { text: "Drop", danger: true, run: () => order({ kind: "Drop", packet: id }) },
    { text: "Send a second copy", run: () => order({ kind: "Duplicate", packet: id }) },
    { text: "Hold up for 50 ms", run: () => order({ kind: "Delay", packet: id, for: 50_000_000 }) },
    { text: "Hold up for 500 ms", run: () => order({ kind: "Delay", packet: id, for: 500_000_000 }) },
  ];
}

/** What can be done to the link between two servers. */
export function deedsForLink(from, to, view) {
  const oneWay = (a, b) =>
    isCut(a, b, view)
      ? { text: `Heal S${a} → S${b}`, run: () => order({ kind: "Heal", from: a, to: b }) }
      : { text: `Cut S${a} → S${b}`, danger: true, run: () => order({ kind: "Cut", from: a, to: b }) };
  const whole = !isCut(from, to, view) && !isCut(to, from, view);
  return [
    whole && {
      text: "Cut both ways",
      danger: true,
      run: () => order({ kind: "Cut", from, to }, { kind: "Cut", from: to, to: from }),
    },
    oneWay(from, to),
    oneWay(to, from),
  ].filter(Boolean);
}

/** Makes every link work again. */
export function healAll() {
  order({ kind: "HealAll" });
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
  const kind = heal ? "Heal" : "Cut";
  return others
    .flatMap((other) => [
      { kind, from: id, to: other.id },
      { kind, from: other.id, to: id },
    ])
    .filter(({ from, to }) => isCut(from, to, view) === heal);
}
