// The keyboard. Single keys can be switched off, for those who speak to their
// computer or whose fingers land on keys by chance.

import { showPanel } from "./layout.js";
import { keep, recall } from "./store.js";

/** Makes the single keys work. */
export function followKeys() {
  const transport = document.querySelector("raft-transport");
  const servers = document.querySelector("raft-servers");
  const help = document.getElementById("help");
  const on = document.getElementById("single-keys");
  on.checked = recall("keys") !== "off";
  on.addEventListener("change", () => keep("keys", on.checked ? null : "off"));

  const deeds = {
    " ": () => transport.toggle(),
    ".": () => transport.step(),
    "[": () => transport.faster(-1),
    "]": () => transport.faster(1),
    "?": () => help.togglePopover(),
  };
  window.addEventListener(
    "keydown",
    (event) => {
      if (!on.checked || event.ctrlKey || event.metaKey || event.altKey || transport.inert) return;
      if (takesKeys(event.target, event.key)) return;
      const deed = /^[1-9]$/.test(event.key) ? () => goTo(servers, Number(event.key)) : deeds[event.key];
      if (!deed) return;
      event.preventDefault();
      deed();
    },
    { capture: true },
  );
}

function goTo(servers, id) {
  showPanel("servers");
  servers.focusOn(id);
}

// A control that has a use of its own for this key keeps it.
function takesKeys(element, key) {
  if (element.closest?.("input[type=text], [role=menu]")) return true;
  return key === " " && Boolean(element.closest?.("button, a, input, summary"));
}
