// What the page keeps on this device. Everything works without it: a private
// window or a frame of another site may refuse storage.

const prefix = "raftarium.";

/** The text kept under a name, or null. */
export function recall(name) {
  try {
    return localStorage.getItem(prefix + name);
  } catch {
    return null;
  }
}

/** Keeps a text under a name; null forgets it. */
export function keep(name, text) {
  try {
    if (text === null) localStorage.removeItem(prefix + name);
    else localStorage.setItem(prefix + name, text);
  } catch {
    // Not kept, then.
  }
}
