// The line between the page and the Go program. The program calls four
// functions of the page, which become events here; the page calls the program's
// one function, `do`, through send. Nothing else crosses.
//
//   raftariumView(json)      the words changed          → "view", detail: the page.View of game/page
//   raftariumMenu(json)      a menu was asked for       → "menu", detail: {kind, id, from, to, x, y}
//   raftariumHover(json)     the pointer is over a thing → "hover", detail: {text, x, y}, or null
//   raftariumProblem(text)   something to tell          → "problem", detail: a sentence

class Program extends EventTarget {
  /** The last view, or null before the first. */
  view = null;

  /** Sets the functions that the program calls. */
  listen() {
    globalThis.raftariumView = (json) => {
      this.view = JSON.parse(json);
      this.#tell("view", this.view);
    };
    globalThis.raftariumMenu = (json) => this.#tell("menu", JSON.parse(json));
    globalThis.raftariumHover = (json) => this.#tell("hover", json ? JSON.parse(json) : null);
    globalThis.raftariumProblem = (text) => this.#tell("problem", text);
  }

  /** Whether the program is there to be told something. */
  get running() {
    return Boolean(globalThis.raftarium);
  }

  /**
   * Asks the program to do something. A refusal is told as a problem, unless
   * the caller wants to show it itself.
   * @returns {string} why not, or "" if it was done
   */
  send(name, value = {}, { quiet = false } = {}) {
    if (!this.running) return "The cluster is not running yet.";
    this.#tell("sending", name);
    const problem = globalThis.raftarium.do(name, JSON.stringify(value)) ?? "";
    if (problem && !quiet) this.#tell("problem", problem);
    return problem;
  }

  /** Calls back with every view from now on, and with the last one at once. */
  onView(callback) {
    this.addEventListener("view", (event) => callback(event.detail));
    if (this.view) callback(this.view);
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

export const program = new Program();
