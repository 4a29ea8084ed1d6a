// The cards that pop over: where they stand, and the two that change the run.

import { program } from "./program.js";
import { setAttribute, setText } from "./dom.js";

const gap = 8;

/** Puts an element with its corner at a point, or as near as the window allows. */
export function placeAt(element, x, y) {
  const { width, height } = element.getBoundingClientRect();
  element.style.left = `${Math.max(gap, Math.min(x, innerWidth - width - gap))}px`;
  element.style.top = `${Math.max(gap, Math.min(y, innerHeight - height - gap))}px`;
}

/** Opens each card under the button that asked for it. */
export function placeCards() {
  for (const card of document.querySelectorAll(".card[popover]")) {
    const button = document.querySelector(`[popovertarget="${card.id}"]`);
    card.addEventListener("toggle", ({ newState }) => {
      setAttribute(button, "aria-expanded", String(newState === "open"));
      card.toggleAttribute("data-placed", newState === "open"); // it shows once it is in its place
      if (newState !== "open") return;
      if (card.classList.contains("wide")) return placeAt(card, (innerWidth - card.offsetWidth) / 2, (innerHeight - card.offsetHeight) / 2);
      const at = button.getBoundingClientRect();
      const left = at.left + at.width / 2 > innerWidth / 2;
      placeAt(card, left ? at.right - card.offsetWidth : at.left, at.bottom + gap);
    });
  }
}

class NewRun extends HTMLElement {
  connectedCallback() {
    this.nodes = this.querySelector("#nodes");
    this.seed = this.querySelector("#seed");
    this.error = this.querySelector(".error");
    const label = this.querySelector("#nodes-label");
    this.nodes.addEventListener("input", () => setText(label, this.nodes.value));
    this.querySelector("#any-seed").addEventListener("click", () => {
      this.seed.value = crypto.getRandomValues(new Uint32Array(1))[0];
    });
    this.querySelector("form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#start();
    });
    this.addEventListener("beforetoggle", ({ newState }) => {
      if (newState !== "open" || !program.view) return;
      this.error.hidden = true;
      this.nodes.value = program.view.settings.nodes;
      setText(label, this.nodes.value);
      this.seed.value = program.view.settings.seed;
    });
  }

  #start() {
    const seed = this.seed.value.trim();
    const problem = /^\d{1,16}$/.test(seed)
      ? program.send("restartRun", { nodes: Number(this.nodes.value), seed: Number(seed) }, { quiet: true })
      : "A seed is a whole number of at most 16 digits.";
    setText(this.error, problem);
    this.error.hidden = !problem;
    if (problem) return;
    this.hidePopover();
    keepInAddress({ nodes: this.nodes.value, seed });
  }
}

// A run is what the address says, so that a reload or a copied link is the same run.
function keepInAddress(parameters) {
  const address = new URL(location.href);
  for (const [name, value] of Object.entries(parameters)) address.searchParams.set(name, value);
  address.hash = ""; // a recorded run that was here is over
  history.replaceState(null, "", address);
}

const milliseconds = 1_000_000; // in nanoseconds
const latencies = [0, 1, 2, 5, 10, 15, 20, 30, 40, 50, 60, 80, 100, 120, 150, 200, 250, 300, 350, 400, 500];

function nearestLatency(wanted) {
  const distance = (i) => Math.abs(latencies[i] - wanted);
  return latencies.reduce((best, _, i) => (distance(i) < distance(best) ? i : best), 0);
}

class Network extends HTMLElement {
  connectedCallback() {
    this.fields = {};
    for (const name of ["latency", "jitter", "loss", "duplicate", "reorder"]) {
      const input = this.querySelector("#" + name);
      this.fields[name] = { input, label: this.querySelector(`#${name}-label`) };
      input.addEventListener("input", () => this.#label());
      input.addEventListener("change", () => this.#send());
    }
    let run = "";
    program.onView(({ settings }) => {
      const now = JSON.stringify(settings);
      if (now !== run) this.#reset(settings.network);
      run = now;
    });
  }

  // Shows what a run begins with, or what is nearest to it.
  #reset(network) {
    for (const name of ["latency", "jitter"]) this.fields[name].input.value = nearestLatency(network[name] / milliseconds);
    for (const name of ["loss", "duplicate", "reorder"]) this.fields[name].input.value = Math.round(100 * (network[name] ?? 0));
    this.#label();
  }

  #label() {
    for (const [name, { input, label }] of Object.entries(this.fields)) {
      const words = name === "latency" || name === "jitter" ? `${latencies[input.value]} ms` : `${input.value} %`;
      setText(label, words);
      setAttribute(input, "aria-valuetext", words);
    }
  }

  #send() {
    const value = (name) => Number(this.fields[name].input.value);
    program.send("command", {
      kind: "setNetwork",
      network: {
        latency: latencies[value("latency")] * milliseconds,
        jitter: latencies[value("jitter")] * milliseconds,
        loss: value("loss") / 100,
        duplicate: value("duplicate") / 100,
        reorder: value("reorder") / 100,
      },
    });
  }
}

customElements.define("raft-new-run", NewRun);
customElements.define("raft-network", Network);
