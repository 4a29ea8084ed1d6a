// Where the stage may draw, and which panel a small window shows.

import { program } from "./program.js";
import { setAttribute } from "./dom.js";

const tabbed = matchMedia("(max-width: 699px), (max-height: 679px)");

/** Tells the program what the panels cover, now and whenever it changes. */
export function followRoom() {
  const room = document.getElementById("room");
  const tell = () => {
    const { top, left, right, bottom } = room.getBoundingClientRect();
    program.send("insets", { top, left, right: innerWidth - right, bottom: innerHeight - bottom }, { quiet: true });
  };
  new ResizeObserver(tell).observe(room);
  window.addEventListener("resize", tell);
  tell();
}

/** Makes the tabs of small windows work. */
export function followTabs() {
  const column = document.querySelector(".column");
  const list = column.querySelector(".tabs");
  const tabs = [...list.querySelectorAll("button")];
  for (const tab of tabs) tab.addEventListener("click", () => showPanel(tab.dataset.tab));
  list.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const next = tabs.at((tabs.indexOf(document.activeElement) + step) % tabs.length);
    next.focus();
    showPanel(next.dataset.tab);
  });
  const roles = () => {
    setRole(list, tabbed.matches ? "tablist" : null);
    for (const tab of tabs) {
      setRole(tab, tabbed.matches ? "tab" : null);
      const panel = document.getElementById("panel-" + tab.dataset.tab);
      setRole(panel, tabbed.matches ? "tabpanel" : "region");
      tab.setAttribute("aria-controls", panel.id);
    }
  };
  tabbed.addEventListener("change", roles);
  roles();
  showPanel("tour");
}

/** Brings a panel to the front where only one is shown: "tour", "servers" or "events". */
export function showPanel(name) {
  const column = document.querySelector(".column");
  column.dataset.tab = name;
  for (const tab of column.querySelectorAll(".tabs button")) {
    const chosen = tab.dataset.tab === name;
    setAttribute(tab, "aria-selected", String(chosen));
    tab.tabIndex = chosen ? 0 : -1;
  }
}

function setRole(element, role) {
  if (role) element.setAttribute("role", role);
  else element.removeAttribute("role");
}
