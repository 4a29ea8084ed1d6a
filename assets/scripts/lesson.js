// The Tour: the list of lessons, and the one that is open: its text, the
// prediction, the steps that tick themselves off, a hint, and what it was about.

import { program } from "./program.js";
import { icon, make, setText } from "./dom.js";
import { keep, recall } from "./store.js";

class Lesson extends HTMLElement {
  #open = ""; // the lesson that is shown
  #listed = "";

  connectedCallback() {
    this.welcome = this.querySelector(".welcome");
    this.list = this.querySelector(".lessons");
    this.article = this.querySelector(".lesson");
    program.onView((view) => this.#show(view));
  }

  #show({ lesson, lessons, progress }) {
    if (progress && progress !== recall("progress")) keep("progress", progress);
    this.#showList(lessons);
    this.welcome.hidden = Boolean(lesson);
    this.article.hidden = !lesson;
    if (!lesson) {
      this.#open = "";
      return;
    }
    if (lesson.id !== this.#open) this.#begin(lesson, lessons);
    this.#update(lesson);
  }

  #showList(lessons) {
    const json = JSON.stringify(lessons);
    if (json === this.#listed) return;
    this.#listed = json;
    const focused = this.list.contains(document.activeElement) ? [...this.list.children].indexOf(document.activeElement.parentElement) : -1;
    this.list.replaceChildren(...lessons.map(lessonRow));
    if (focused >= 0) this.list.children[focused]?.firstElementChild.focus();
  }

  // The parts that stand still while the lesson is open.
  #begin(lesson, lessons) {
    this.#open = lesson.id;
    this.doing = -1;
    const number = lessons.findIndex(({ id }) => id === lesson.id) + 1;
    const all = make("button", { type: "button", class: "plain small" }, icon("i-list"), "All lessons");
    all.addEventListener("click", () => {
      program.send("lesson.close");
      this.list.querySelector("button")?.focus();
    });
    this.heading = make("h2", { tabindex: "-1" }, lesson.title);
    this.parts = {
      text: make("div", { class: "text" }),
      prediction: prediction(lesson),
      steps: make("ol", { class: "steps", "aria-label": "Steps" }, ...lesson.steps.map(step)),
      hint: make("p", { class: "hint", role: "status", hidden: true }),
      reveal: make("div", { class: "reveal", hidden: true }),
      buttons: make("div", { class: "buttons" }),
    };
    this.article.replaceChildren(
      make("div", { class: "top" }, make("span", {}, `Lesson ${number} of ${lessons.length}`), all),
      this.heading,
      ...Object.values(this.parts).filter(Boolean),
    );
    this.#makeButtons(lesson);
    this.querySelector(".scroll").scrollTop = 0;
    this.heading.focus({ preventScroll: true });
  }

  #makeButtons(lesson) {
    this.hint = make("button", { type: "button", class: "plain" }, "Give me a hint");
    this.hint.addEventListener("click", () => program.send("lesson.hint"));
    this.next = make("button", { type: "button", class: "strong", hidden: true }, lesson.next ? "Next lesson" : "Back to the lessons");
    this.next.addEventListener("click", () => {
      if (lesson.next) program.send("lesson.open", { id: lesson.next });
      else program.send("lesson.close");
    });
    this.parts.buttons.append(this.hint, this.next);
  }

  #update(lesson) {
    const { text, prediction, steps, hint, reveal } = this.parts;
    setHTML(text, lesson.html);
    if (prediction) updatePrediction(prediction, lesson.prediction);
    lesson.steps.forEach((state, i) => updateStep(steps.children[i], state));
    const hinted = !hint.hidden;
    setText(hint, lesson.hint);
    hint.hidden = !lesson.hint || lesson.done;
    if (!hint.hidden && !hinted) hint.scrollIntoView({ block: "nearest" });
    this.#showDoing(lesson);
    this.hint.hidden = Boolean(lesson.hint) || lesson.done;
    this.next.hidden = !lesson.done;
    const justDone = lesson.done && reveal.hidden;
    setHTML(reveal, lesson.reveal);
    reveal.hidden = !lesson.reveal;
    if (justDone) this.next.scrollIntoView({ block: "nearest" });
  }

  // Whoever has made their prediction looks at the step that they are at.
  #showDoing({ prediction, steps }) {
    const doing = prediction.chosen < 0 ? -1 : steps.findIndex(({ done }) => !done);
    if (doing === this.doing) return;
    this.doing = doing;
    this.parts.steps.children[doing]?.scrollIntoView({ block: "center" });
  }
}

// The words of a lesson are made from the project's own Markdown when the
// program is built, with names and numbers of the run filled in.
function setHTML(element, html) {
  if (element.source === html) return;
  element.source = html;
  element.innerHTML = html;
}

function lessonRow(lesson, i) {
  const done = lesson.done ? make("span", { class: "done" }, icon("i-tick"), "done") : null;
  const button = make("button", { type: "button", "data-lesson": lesson.id }, make("span", { class: "count" }, String(i + 1)), make("span", {}, lesson.title), done);
  button.addEventListener("click", () => program.send("lesson.open", { id: lesson.id }));
  return make("li", {}, button);
}

function prediction({ id, prediction: { question, choices } }) {
  if (!question) return null;
  const fieldset = make("fieldset", { class: "choices" });
  const rows = choices.map((choice, i) => {
    const input = make("input", { type: "radio", name: `prediction-${id}`, value: i });
    input.addEventListener("change", () => {
      fieldset.classList.remove("changing");
      program.send("lesson.predict", { choice: i });
    });
    return make("label", {}, input, make("span", {}, choice));
  });
  const change = make("button", { type: "button", class: "plain small change" }, "Change");
  fieldset.append(make("legend", {}, make("span", {}, question), change), ...rows, make("p", { class: "verdict", role: "status", hidden: true }));
  change.addEventListener("click", () => {
    fieldset.classList.remove("chosen");
    fieldset.classList.add("changing");
  });
  return fieldset;
}

function updatePrediction(fieldset, { chosen, right, verdict }) {
  fieldset.classList.toggle("chosen", chosen >= 0 && right < 0 && !fieldset.classList.contains("changing"));
  fieldset.querySelectorAll("input").forEach((input, i) => {
    if (input.checked !== (i === chosen)) input.checked = i === chosen;
    input.disabled = right >= 0;
    const label = input.parentElement;
    const words = right < 0 ? "" : i === right ? "right" : i === chosen ? "your guess" : "";
    let mark = label.querySelector(".mark");
    if (words && !mark) label.append((mark = make("span", { class: "mark" })));
    if (mark) setText(mark, words);
  });
  const text = fieldset.querySelector(".verdict");
  setText(text, verdict);
  text.hidden = !verdict;
}

function step({ text }, i) {
  return make("li", {}, make("span", { class: "count", "aria-hidden": "true" }, String(i + 1)), make("span", {}, text, make("span", { class: "visually-hidden" })));
}

function updateStep(row, { done, text }) {
  if (row.classList.contains("done") !== done) {
    row.classList.toggle("done", done);
    const count = row.firstElementChild;
    count.replaceChildren(done ? icon("i-tick") : String([...row.parentElement.children].indexOf(row) + 1));
    row.querySelector(".visually-hidden").textContent = done ? " (done)" : "";
  }
  const words = row.lastElementChild.firstChild;
  if (words.data !== text) words.data = text;
}

customElements.define("raft-lesson", Lesson);
