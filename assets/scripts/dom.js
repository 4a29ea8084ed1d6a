// Small help for changing the page only where it changed, so that focus,
// selection and scrolling stay where they are.

/** Makes an element: make("li", {class: "done"}, "text", child, …). */
export function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(key, "");
    else if (value !== false && value != null) element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child != null));
  return element;
}

/** Makes an icon from the sheet at the top of the page. */
export function icon(name, extra = "") {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("class", `icon ${extra}`.trim());
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(space, "use");
  use.setAttribute("href", "#" + name);
  svg.append(use);
  return svg;
}

/** Shows another icon in an element that has one. */
export function setIcon(element, name) {
  const use = element.querySelector("use");
  if (use.getAttribute("href") !== "#" + name) use.setAttribute("href", "#" + name);
}

/** Sets the text of an element if it differs. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Sets an attribute if it differs. */
export function setAttribute(element, name, value) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/** Makes the mark of a term: its colour and its number. */
export function term(number) {
  const element = make("span", { class: "term" });
  setTerm(element, number);
  return element;
}

/** Sets which term a mark shows. The six colours come round again. */
export function setTerm(element, number) {
  setText(element, number ? `T${number}` : "");
  setAttribute(element, "data-term", number ? String(((number - 1) % 6) + 1) : "");
}
