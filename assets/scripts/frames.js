// The gate of frames. Ebitengine asks for a frame after every frame, for ever;
// here a request waits until something moves and somebody can see it. A page
// that is paused, hidden or scrolled off the screen draws nothing.

const settleFor = 500; // milliseconds for which the gate opens when something was touched
const shortest = 1000 / 75; // milliseconds from one frame to the next: a fast screen need not cost more

class Gate {
  #next = window.requestAnimationFrame.bind(window);
  #waiting = null; // the callback that waits at the gate
  #moving = true; // the program says that something moves
  #until = 0; // and until then it may draw in any case
  #onScreen = true;
  #last = 0; // when the last frame was
  #after = () => {};

  /** Takes the place of requestAnimationFrame. The program must start after this. */
  install() {
    window.requestAnimationFrame = (callback) => {
      this.#waiting = callback;
      this.#pass();
      return 0;
    };
    globalThis.raftariumFrames = (moving) => {
      this.#moving = moving;
      this.#pass();
    };
    document.addEventListener("visibilitychange", () => this.open());
    new IntersectionObserver((entries) => {
      this.#onScreen = entries.at(-1).isIntersecting;
      this.open();
    }).observe(document.documentElement);
    for (const type of ["pointerdown", "pointermove", "pointerup", "keydown", "touchstart", "touchmove", "touchend", "resize"]) {
      window.addEventListener(type, () => this.open(), { capture: true, passive: true });
    }
  }

  /** Calls back after every frame. */
  afterFrame(callback) {
    this.#after = callback;
  }

  /** Lets frames through for a moment. */
  open() {
    this.#until = performance.now() + settleFor;
    this.#pass();
  }

  #pass() {
    if (!this.#waiting || document.hidden || !this.#onScreen) return;
    if (!this.#moving && performance.now() > this.#until) return;
    const callback = this.#waiting;
    this.#waiting = null;
    this.#frame(callback);
  }

  #frame(callback) {
    this.#next((time) => {
      if (time - this.#last < shortest) return this.#frame(callback);
      this.#last = time;
      callback(time);
      this.#after();
    });
  }
}

export const gate = new Gate();
