// Links to a run. What stands after the # of the address is a recorded run: its
// settings, its seed, and every command with its time. Who opens it sees the
// same run, event for event.

import { program } from "./program.js";
import { setText } from "./dom.js";

/** What the address asks the program for: its parameters, and the run after its #. */
export function asked() {
  const parameters = Object.fromEntries(new URLSearchParams(location.search));
  const run = runIn(location.hash);
  return run === null ? parameters : { ...parameters, run };
}

// As it stands there: a link has no character that would have to be unescaped.
function runIn(hash) {
  return /^#run=(.*)$/s.exec(hash)?.[1] ?? null;
}

/** Opens the run anew when another one is put into the address. */
export function followAddress() {
  window.addEventListener("hashchange", ({ oldURL, newURL }) => {
    if (runIn(new URL(oldURL).hash) !== runIn(new URL(newURL).hash)) location.reload();
  });
}

/** Says while a recorded run is replayed, and how far it is. */
export function showReplay() {
  const note = document.getElementById("replay");
  program.onView(({ replay }) => {
    note.hidden = !replay;
    setText(note.querySelector("span"), replay?.text ?? "");
  });
}

class Share extends HTMLElement {
  connectedCallback() {
    this.field = this.querySelector("#share-link");
    this.button = this.querySelector("#copy-link");
    this.said = this.querySelector(".said");
    this.button.addEventListener("click", () => this.#copy());
    this.field.addEventListener("focus", () => this.field.select());
    this.addEventListener("beforetoggle", ({ newState }) => {
      if (newState === "open") this.#fill();
    });
  }

  #fill() {
    const fragment = program.running ? globalThis.raftarium.link() : "";
    this.field.value = fragment ? addressWith(fragment) : "";
    this.button.disabled = !fragment;
    setText(this.querySelector("output"), program.view?.time ?? "");
    setText(this.said, "");
  }

  async #copy() {
    try {
      await navigator.clipboard.writeText(this.field.value);
      setText(this.said, "Copied.");
    } catch {
      // No clipboard here: a frame of another site, or a page without https.
      this.field.focus();
      this.field.select();
      setText(this.said, "This browser does not let the page copy. The link is selected: copy it from there.");
    }
  }
}

// The address of the page with a run in the place of what it says about one.
function addressWith(fragment) {
  const address = new URL(location.href);
  for (const name of ["nodes", "seed", "lesson", "embed"]) address.searchParams.delete(name);
  address.hash = fragment;
  return address.href;
}

customElements.define("raft-share", Share);
