// The clock: play, pause, one event at a time, and how fast.

import { program } from "./program.js";
import { setIcon, setText, setAttribute } from "./dom.js";

// One virtual second takes so many real ones, from the slowest: a log scale.
const slowness = [1000, 700, 500, 400, 300, 200, 150, 100, 70, 50, 40, 30, 25, 20, 15, 10, 7, 5, 3, 2, 1];

/** How fast, in words. */
export function speedWords(speed) {
  const slow = 1 / speed;
  if (Math.abs(slow - 1) < 0.005) return "real time";
  const rounded = slow < 10 ? Number(slow.toFixed(1)) : Math.round(slow);
  return `1/${rounded} of real time`;
}

class Transport extends HTMLElement {
  connectedCallback() {
    this.play = this.querySelector("#play");
    this.slider = this.querySelector("#speed");
    this.label = this.querySelector("#speed-label");
    this.time = this.querySelector("#clock");
    this.slider.max = slowness.length - 1;
    this.play.addEventListener("click", () => this.toggle());
    this.querySelector("#step").addEventListener("click", () => this.step());
    this.slider.addEventListener("input", () => this.ask(1 / slowness[this.slider.value]));
    const full = new URL(location.href);
    full.searchParams.delete("embed");
    this.querySelector("#open-full").href = full;
    program.onView((view) => this.show(view));
  }

  toggle() {
    program.send(program.view?.playing ? "pause" : "play");
  }

  step() {
    if (program.view?.playing) program.send("pause");
    program.send("step");
  }

  /** Goes some marks of the slider faster, or slower if negative. */
  faster(marks) {
    const mark = Math.min(slowness.length - 1, Math.max(0, Number(this.slider.value) + marks));
    this.slider.value = mark;
    this.ask(1 / slowness[mark]);
  }

  ask(speed) {
    this.showSpeed(speed, false);
    program.send("speed", { value: speed });
  }

  show(view) {
    this.inert = false;
    setIcon(this.play, view.playing ? "i-pause" : "i-play");
    const deed = view.playing ? "Pause" : "Play";
    setAttribute(this.play, "aria-label", deed);
    setAttribute(this.play, "title", `${deed} (space)`);
    setText(this.time, view.time);
    if (document.activeElement !== this.slider || !this.slider.matches(":active")) {
      const slow = Math.log(1 / view.speed);
      const distance = (mark) => Math.abs(Math.log(slowness[mark]) - slow);
      const nearest = slowness.reduce((best, _, mark) => (distance(mark) < distance(best) ? mark : best), 0);
      if (Number(this.slider.value) !== nearest) this.slider.value = nearest;
    }
    this.showSpeed(view.speed, view.behind);
  }

  showSpeed(speed, behind) {
    const words = speedWords(speed);
    setText(this.label, behind ? `${words}, if it could` : words);
    setAttribute(this.label, "title", behind ? "This machine cannot keep that speed, so the cluster runs slower." : "");
    setAttribute(this.slider, "aria-valuetext", words);
  }
}

customElements.define("raft-transport", Transport);
