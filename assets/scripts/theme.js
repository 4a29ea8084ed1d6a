// Light, dark, or as the system says; contrast and motion as the system says.

import { program } from "./program.js";
import { keep, recall } from "./store.js";

const light = matchMedia("(prefers-color-scheme: light)");
const contrast = matchMedia("(prefers-contrast: more)");
const reduced = matchMedia("(prefers-reduced-motion: reduce)");

class Theme extends HTMLElement {
  connectedCallback() {
    const chosen = recall("theme") ?? "system";
    for (const input of this.querySelectorAll("input")) {
      input.checked = input.value === chosen;
      input.addEventListener("change", () => choose(input.value));
    }
  }
}

function choose(theme) {
  const root = document.documentElement;
  if (theme === "system") delete root.dataset.theme;
  else root.dataset.theme = theme;
  keep("theme", theme === "system" ? null : theme);
  tellTheme();
}

/** Tells the program how to look, and again whenever that changes. */
export function followTheme() {
  tellTheme();
  tellMotion();
  light.addEventListener("change", tellTheme);
  contrast.addEventListener("change", tellTheme);
  reduced.addEventListener("change", tellMotion);
}

function tellTheme() {
  const chosen = document.documentElement.dataset.theme;
  const dark = chosen ? chosen === "dark" : !light.matches;
  document.querySelector('meta[name="theme-color"]').content = dark ? "#0B1220" : "#F5F3EC";
  program.send("theme", { dark, contrast: contrast.matches }, { quiet: true });
}

function tellMotion() {
  program.send("motion", { reduced: reduced.matches }, { quiet: true });
}

customElements.define("raft-theme", Theme);
