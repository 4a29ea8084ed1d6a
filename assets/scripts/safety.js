// The verdict of the checks that run at every event: a shape and words.

import { program } from "./program.js";
import { setIcon, setText } from "./dom.js";

class Safety extends HTMLElement {
  connectedCallback() {
    this.badge = this.querySelector(".badge");
    this.strong = this.querySelector("strong");
    this.more = this.querySelector(".more");
    this.detail = document.querySelector("#safety-detail .text");
    program.onView(({ safety }) => this.#show(safety));
  }

  #show({ ok, text, detail }) {
    const [verdict, ...rest] = text.split(": ");
    this.badge.disabled = false;
    this.badge.classList.toggle("broken", !ok);
    setIcon(this.badge, ok ? "i-safe" : "i-violation");
    setText(this.strong, verdict);
    setText(this.more, rest.length ? ": " + rest.join(": ") : "");
    setText(this.detail, [text, detail].filter(Boolean).join(". "));
  }
}

customElements.define("raft-safety", Safety);
