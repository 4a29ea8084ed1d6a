// The page. index.html holds its words and its controls; each part of it is a
// custom element in a file of its own here. This file starts the Go program and
// ties the two together.

import { program } from "./program.js";
import { gate } from "./frames.js";
import { guard } from "./guards.js";
import { missing, start } from "./start.js";
import { followKeys } from "./keys.js";
import { followRoom, followTabs } from "./layout.js";
import { asked, followAddress, showReplay } from "./link.js";
import { showHover } from "./menu.js";
import { placeCards } from "./popovers.js";
import { followTheme } from "./theme.js";
import { icon, make, setText } from "./dom.js";
import { keep, recall } from "./store.js";
import "./transport.js";
import "./safety.js";
import "./servers.js";
import "./feed.js";
import "./lesson.js";

const loading = document.getElementById("loading");

program.listen();
program.addEventListener("problem", ({ detail }) => notice(detail));
program.addEventListener("sending", () => gate.open());
program.addEventListener("view", welcome, { once: true });
followTabs();
followKeys();
placeCards();
followAddress();
showReplay();
showHover();
run();

async function run() {
  const problem = missing();
  if (problem) return fail(problem);
  globalThis.raftariumOptions = JSON.stringify(asked());
  gate.install();
  guard();
  try {
    const { ended } = await start(showProgress);
    introduce();
    await ended;
    fail("The program has stopped, which it never should. Its last words are in the browser's console.", true);
  } catch (error) {
    fail(`The program could not be loaded: ${error.message}.`, true);
  }
}

// What the program should know before its first frame.
function introduce() {
  if (!program.running || introduce.done) return;
  introduce.done = true;
  const progress = recall("progress");
  if (progress && program.send("progress", progress)) keep("progress", null); // not to be read: begin again
  followTheme();
  followRoom();
}

// The first view: the cluster is there.
function welcome() {
  introduce();
  document.documentElement.classList.add("running");
  loading.hidden = true;
  const announce = document.getElementById("announce");
  program.onView((view) => {
    if (view.announce) setText(announce, view.announce);
  });
}

function showProgress(loaded, total) {
  const mega = (bytes) => (bytes / 1e6).toFixed(1);
  const bar = document.getElementById("loading-bar");
  if (total > 0) bar.value = Math.min(1, loaded / total);
  else bar.removeAttribute("value");
  const whole = total > 0 && loaded >= total;
  setText(document.getElementById("loading-text"), whole ? "Starting the cluster…" : `Loading the cluster: ${mega(loaded)}${total > 0 ? " of " + mega(total) : ""} MB`);
}

function fail(text, again = false) {
  document.documentElement.classList.remove("running");
  loading.hidden = false;
  loading.classList.add("failed");
  setText(document.getElementById("loading-text"), text);
  const reload = document.getElementById("reload");
  reload.hidden = !again;
  reload.addEventListener("click", () => location.reload(), { once: true });
}

// Tells a problem where it can be seen and heard, until it is read and closed.
function notice(text) {
  const notices = document.getElementById("notices");
  for (const old of notices.children) if (old.firstChild.textContent === text) return;
  const close = make("button", { type: "button", class: "tool", "aria-label": "Close this message" }, icon("i-close"));
  const element = make("div", { class: "notice" }, make("span", {}, text), close);
  close.addEventListener("click", () => element.remove());
  notices.append(element);
  while (notices.childElementCount > 5) notices.firstElementChild.remove();
}
