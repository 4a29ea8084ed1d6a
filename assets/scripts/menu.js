// The menu of the thing that was right-clicked or held, and the words for the
// thing that the pointer is over.

import { program } from "./program.js";
import { deedsFor, deedsForLink, deedsForPacket } from "./commands.js";
import { make, setText } from "./dom.js";
import { placeAt } from "./popovers.js";

class Menu extends HTMLElement {
  connectedCallback() {
    program.addEventListener("menu", ({ detail }) => this.#show(detail));
    this.addEventListener("keydown", (event) => this.#onKey(event));
  }

  #show(spot) {
    const { title, deeds } = offer(spot, program.view);
    if (deeds.length === 0) return;
    this.replaceChildren(make("p", { class: "title", role: "presentation" }, title), ...deeds.map((deed) => this.#item(deed)));
    this.setAttribute("aria-label", title);
    if (!this.matches(":popover-open")) this.showPopover();
    placeAt(this, spot.x, spot.y);
    this.querySelector("button").focus({ preventScroll: true });
  }

  #item(deed) {
    const button = make("button", { type: "button", role: "menuitem", tabindex: "-1", class: deed.danger ? "danger" : null }, deed.text);
    button.addEventListener("click", () => {
      this.hidePopover();
      deed.run();
    });
    return button;
  }

  #onKey(event) {
    const items = [...this.querySelectorAll("button")];
    const at = items.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
    if (event.key === "Tab") this.hidePopover();
    if (to === undefined) return;
    event.preventDefault();
    items.at(to % items.length).focus();
  }
}

// What a spot of the stage offers: see spots() of the program.
function offer(spot, view) {
  if (spot.kind === "server") {
    const server = view.servers.find(({ id }) => id === spot.id);
    return { title: `${server.name}, ${server.role} in term ${server.term}`, deeds: deedsFor(server, view) };
  }
  if (spot.kind === "packet") return { title: spot.title ?? `Packet ${spot.id}`, deeds: deedsForPacket(spot.id) };
  if (spot.kind === "link" || spot.kind === "heal") {
    return { title: `S${spot.from} and S${spot.to}`, deeds: deedsForLink(spot.from, spot.to, view) };
  }
  return { title: "", deeds: [] };
}

customElements.define("raft-menu", Menu);

/** Shows what the pointer is over. */
export function showHover() {
  const words = document.getElementById("hover");
  program.addEventListener("hover", ({ detail }) => {
    words.hidden = !detail?.text;
    if (words.hidden) return;
    setText(words, detail.text);
    placeAt(words, detail.x + 14, detail.y + 18);
  });
}
