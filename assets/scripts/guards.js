// What Ebitengine takes without asking, given back: the wheel, Tab and the
// browser's shortcuts (it prevents the default of every key and wheel event on
// its canvas), the focus when it starts, and a finger that only wants to scroll
// the page around an embedded stage. And what it loses, kept for it: hands that
// are faster than frames.

import { gate } from "./frames.js";

/** The canvas of the stage, once Ebitengine has made it. */
export let canvas = null;

/** Guards the page. The program must start after this. */
export function guard() {
  adoptCanvas();
  const stop = (event) => {
    if (event.target === canvas) event.stopImmediatePropagation();
  };
  for (const type of ["keydown", "keyup", "wheel"]) {
    window.addEventListener(type, stop, { capture: true, passive: true });
  }
  passScrollingFingers();
  letFramesSee();
}

// Ebitengine makes the first canvas after this, and focuses it as it starts.
function adoptCanvas() {
  const create = document.createElement;
  document.createElement = function (name, options) {
    const element = create.call(document, name, options);
    if (name !== "canvas") return element;
    delete document.createElement;
    return (canvas = tame(element));
  };
}

function tame(element) {
  element.id = "stage";
  element.setAttribute("aria-hidden", "true"); // the list of servers and the events say it in words
  element.focus = () => {
    element.tabIndex = -1; // Ebitengine puts it first in the order of Tab
    if (navigator.userActivation?.isActive) HTMLElement.prototype.focus.call(element, { preventScroll: true });
  };
  element.getContext = (type, settings) => {
    // Ebitengine draws to a picture of its own first, so smoothing the screen's edges buys nothing.
    const context = HTMLCanvasElement.prototype.getContext.call(element, type, { ...settings, antialias: false });
    // A browser hands on what was drawn when the frame ends. Asking for it before that only waits.
    if (context) context.flush = () => {};
    return context;
  };
  return element;
}

// In a frame, a finger that goes down away from the servers scrolls the page
// around it. Ebitengine would hold on to it.
function passScrollingFingers() {
  if (window.parent === window) return;
  let passing = false;
  const onTouch = (event) => {
    if (event.target !== canvas) return;
    if (event.type === "touchstart" && event.touches.length === 1) passing = !nearServers(event.touches[0]);
    if (passing) event.stopImmediatePropagation();
  };
  for (const type of ["touchstart", "touchmove", "touchend"]) {
    window.addEventListener(type, onTouch, { capture: true, passive: true });
  }
}

function nearServers({ clientX, clientY }) {
  const spots = globalThis.raftarium?.spots?.();
  if (!spots) return false;
  const servers = JSON.parse(spots).filter((spot) => spot.kind === "server");
  const span = (of) => [Math.min(...servers.map((s) => of(s) - s.r)) - 24, Math.max(...servers.map((s) => of(s) + s.r)) + 24];
  const [left, right] = span((s) => s.x);
  const [top, bottom] = span((s) => s.y);
  return clientX >= left && clientX <= right && clientY >= top && clientY <= bottom;
}

// Ebitengine looks at the mouse and the fingers once a frame. A tap that begins
// and ends between two frames never was, and a stroke that is quicker than a
// frame begins where it ended. So what a hand does waits until a frame has seen
// what it did before: the press where it was pressed, and the way to where it
// was let go.
function letFramesSee() {
  const queue = [];
  const again = new WeakSet(); // events that were held back, and come now
  let pressed = false; // a button or a finger is down
  let unseen = ""; // what was done since the last frame: "", "move" or "press"

  const mustWait = (kind) => queue.length > 0 || unseen === "press" || (unseen === "move" && kind === "release");
  const note = (kind) => {
    if (kind === "press") [pressed, unseen] = [true, "press"];
    else if (kind === "release") [pressed, unseen] = [false, "press"];
    else if (pressed && unseen === "") unseen = "move";
  };
  const onEvent = (event) => {
    if (event.target !== canvas || again.has(event)) return;
    const kind = kinds[event.type];
    if (!mustWait(kind)) return note(kind);
    event.stopImmediatePropagation();
    if (event.cancelable) event.preventDefault(); // as Ebitengine would, before it is too late
    if (kind === "move" && queue.at(-1)?.type === event.type) queue.pop();
    queue.push(copyOf(event));
    gate.open();
  };
  for (const type of Object.keys(kinds)) {
    window.addEventListener(type, onEvent, { capture: true, passive: false });
  }
  gate.afterFrame(() => {
    unseen = "";
    while (queue.length > 0) {
      const event = queue[0];
      const kind = kinds[event.type];
      if (unseen === "press" || (unseen === "move" && kind === "release")) return gate.open();
      queue.shift();
      note(kind);
      again.add(event);
      canvas.dispatchEvent(event);
    }
  });
}

const kinds = {
  mousedown: "press",
  mousemove: "move",
  mouseup: "release",
  touchstart: "press",
  touchmove: "move",
  touchend: "release",
  touchcancel: "release",
};

function copyOf(event) {
  if (event instanceof MouseEvent) return new MouseEvent(event.type, event);
  // Ebitengine does not know that a touch can be cancelled.
  const type = event.type === "touchcancel" ? "touchend" : event.type;
  const { touches, targetTouches, changedTouches } = event;
  return new TouchEvent(type, { bubbles: true, touches: [...touches], targetTouches: [...targetTouches], changedTouches: [...changedTouches] });
}
