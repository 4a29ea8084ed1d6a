// What happens, as sentences. The list follows the newest line until the
// reader scrolls up, and again once they are back at the end.

import { program } from "./program.js";
import { icon, make, term } from "./dom.js";

const mostLines = 400;

class Feed extends HTMLElement {
  #last = 0; // number of the last event shown
  #following = true;
  #top = 0; // where the list was scrolled to

  connectedCallback() {
    this.list = this.querySelector("ol");
    this.newest = this.querySelector("#newest");
    this.list.addEventListener("scroll", () => this.#onScroll(), { passive: true });
    this.newest.addEventListener("click", () => this.#toEnd());
    new ResizeObserver(() => this.#following && this.#toEnd()).observe(this.list);
    program.onView((view) => this.#show(view));
  }

  #show({ feed }) {
    if (!feed?.length) return;
    if (feed[0].event <= this.#last) this.list.replaceChildren(); // a new run
    this.#last = feed.at(-1).event;
    this.list.append(...feed.slice(-mostLines).map(line));
    if (this.#following) {
      while (this.list.childElementCount > mostLines) this.list.firstElementChild.remove();
      this.#toEnd();
    } else if (this.list.childElementCount > 4 * mostLines) {
      this.list.firstElementChild.remove();
    }
  }

  #onScroll() {
    const { scrollTop, scrollHeight, clientHeight } = this.list;
    if (scrollHeight - scrollTop - clientHeight < 24) this.#following = true;
    else if (scrollTop < this.#top - 2) this.#following = false; // the reader went up; growing lines do not
    this.#top = scrollTop;
    this.newest.hidden = this.#following;
  }

  #toEnd() {
    this.list.scrollTop = this.list.scrollHeight;
    this.#top = this.list.scrollTop;
    this.#following = true;
    this.newest.hidden = true;
  }
}

function line({ time, text, term: number, kind }) {
  const mark = kind === "violation" ? icon("i-violation") : term(number);
  return make("li", { class: kind }, make("time", {}, time), mark, make("span", {}, text));
}

customElements.define("raft-feed", Feed);
