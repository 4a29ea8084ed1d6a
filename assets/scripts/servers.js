// The servers as real controls: a list that a keyboard and a screen reader can
// walk, each with its state as a sentence and with all that can be done to it.

import { program } from "./program.js";
import { deedsFor, healAll, isCutOff } from "./commands.js";
import { icon, make, setAttribute, setIcon, setTerm, setText, term } from "./dom.js";

class Servers extends HTMLElement {
  #rows = new Map(); // by server

  connectedCallback() {
    this.list = this.querySelector("ul");
    this.cuts = this.querySelector(".cuts");
    this.querySelector("#heal-all").addEventListener("click", healAll);
    this.addEventListener("keydown", (event) => this.#onKey(event));
    program.onView((view) => this.#show(view));
  }

  /** Puts the focus on a server and opens it. */
  focusOn(id) {
    const row = this.#rows.get(id);
    if (!row) return;
    this.#open(id, true);
    row.button.focus();
    row.element.scrollIntoView({ block: "nearest" });
  }

  #show(view) {
    this.inert = false;
    for (const [id, row] of this.#rows) {
      if (view.servers.some((server) => server.id === id)) continue;
      row.element.remove();
      this.#rows.delete(id);
    }
    for (const server of view.servers) {
      if (!this.#rows.has(server.id)) this.#add(server);
      this.#showServer(this.#rows.get(server.id), server, view);
    }
    this.cuts.hidden = view.cuts.length === 0;
    const directions = view.cuts.length === 1 ? "1 direction cut" : `${view.cuts.length} directions cut`;
    setText(this.cuts.querySelector(".count"), directions);
  }

  #add({ id }) {
    const row = {
      mark: icon("m-follower"),
      name: make("span", { class: "name" }),
      role: make("span", { class: "role" }),
      term: term(0),
      detail: make("span", { class: "detail" }),
      whole: make("p"),
      buttons: make("div", { class: "buttons" }),
      deeds: "",
    };
    row.button = make("button", { type: "button", "aria-expanded": "false", "aria-controls": `doing-${id}` }, row.mark, row.name, row.role, row.term, row.detail);
    row.doing = make("div", { class: "doing", id: `doing-${id}` }, row.whole, row.buttons);
    row.element = make("li", { class: "server" }, row.button, row.doing);
    row.button.addEventListener("click", () => this.#open(id, !row.element.classList.contains("open")));
    this.#rows.set(id, row);
    this.list.append(row.element);
  }

  #showServer(row, server, view) {
    row.element.classList.toggle("down", !server.alive);
    setIcon(row.button, "m-" + server.role);
    setText(row.name, server.name);
    setText(row.role, server.role);
    setTerm(row.term, server.term);
    setText(row.detail, server.short);
    setText(row.whole, capital(server.detail) + (isCutOff(server, view) ? ". Cut off from all others" : "") + ".");
    setAttribute(row.button, "aria-label", server.label);

    const deeds = deedsFor(server, view);
    const texts = deeds.map((deed) => deed.text).join();
    if (row.deeds === texts) return;
    row.deeds = texts;
    const focused = row.buttons.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    row.buttons.replaceChildren(...deeds.map((deed) => deedButton(deed, server)));
    // Crash has become Restart under the finger that pressed it: keep the place.
    if (focused) (row.buttons.querySelector(`[data-key="${focused}"]`) ?? row.button).focus();
  }

  #open(id, open) {
    for (const [other, row] of this.#rows) {
      const isOpen = other === id && open;
      row.element.classList.toggle("open", isOpen);
      setAttribute(row.button, "aria-expanded", String(isOpen));
    }
    program.send("select", { server: open ? id : 0 }, { quiet: true });
  }

  // Single keys for the server that has the focus, and the arrows to walk.
  #onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const rows = [...this.#rows];
    const at = rows.findIndex(([, row]) => row.element.contains(event.target));
    if (at < 0) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      rows[(at + step + rows.length) % rows.length][1].button.focus();
      return;
    }
    const server = program.view.servers.find(({ id }) => id === rows[at][0]);
    const deed = deedsFor(server, program.view).find(({ key }) => key === event.key.toLowerCase());
    if (deed) deed.run();
  }
}

function deedButton(deed, server) {
  const button = make("button", { type: "button", class: deed.danger ? "plain danger" : "plain", "data-key": deed.key, "aria-label": `${deed.text}: ${server.name}` }, deed.text);
  button.addEventListener("click", deed.run);
  return button;
}

function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

customElements.define("raft-servers", Servers);
