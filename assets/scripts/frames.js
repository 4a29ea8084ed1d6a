// The gate of frames. Ebitengine asks for a frame after every frame, for ever;
// here a request waits until something moves and somebody can see it. A page
// that is paused, hidden or scrolled off the screen draws nothing.

const settleFor = 500; // milliseconds for which the gate opens when something was touched

// A page that is only watched must not warm a lap: it takes at most about a
// tenth of one core. So a fast screen gets no more frames than others, and a
// machine on which frames are dear gets half of them, except while a hand is on
// the page.
const spacing = { full: 1000 / 75, half: 1000 / 37 }; // milliseconds from one frame to the next, at least
const dear = 0.65; // milliseconds of work in a frame; above this they are halved
const cheap = 0.4; // and below this again not

class Gate {
  #next = window.requestAnimationFrame.bind(window);
  #waiting = null; // the callback that waits at the gate
  #moving = true; // the program says that something moves
  #until = 0; // and until then it may draw in any case
  #onScreen = true;
  #last = 0; // when the last frame was
  #after = () => {};
  #work = 0; // milliseconds of work in a frame, of late
  #spacing = spacing.full;

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
    const wait = this.#last + this.#least() - performance.now();
    // Half the frames are left out by sleeping: a frame that is only asked for costs too.
    if (wait > spacing.full) setTimeout(() => this.#draw(callback), wait - 8);
    else this.#draw(callback);
  }

  #draw(callback) {
    this.#next((time) => {
      if (time - this.#last < this.#least()) return this.#draw(callback);
      this.#last = time;
      const began = performance.now();
      callback(time);
      this.#weigh(performance.now() - began);
      this.#after();
    });
  }

  // Milliseconds from the last frame to the next, at least.
  #least() {
    return performance.now() < this.#until ? spacing.full : this.#spacing;
  }

  #weigh(work) {
    this.#work += (work - this.#work) / 60;
    if (this.#work > dear) this.#spacing = spacing.half;
    else if (this.#work < cheap) this.#spacing = spacing.full;
  }
}

export const gate = new Gate();
