// Loading and starting the program, with a bar that tells the truth: how many
// of the program's bytes are here.

const magicGzip = [0x1f, 0x8b];

/** Why this browser cannot run the program, as a sentence, or "" if it can. */
export function missing() {
  if (typeof WebAssembly !== "object") {
    return "This browser does not run WebAssembly, which Raftarium is made of. Any browser of the last few years does.";
  }
  const context = document.createElement("canvas").getContext("webgl2");
  if (!context) {
    return "Raftarium draws with WebGL 2, which this browser does not offer. It may be switched off in its settings, or the computer's graphics driver may be too old.";
  }
  context.getExtension("WEBGL_lose_context")?.loseContext();
  return "";
}

/**
 * Fetches and compiles the program and starts it.
 * @param {(loaded: number, total: number) => void} onProgress called with bytes as they arrive
 * @returns {Promise<{ended: Promise<void>}>} started; ended settles when the program stops, which it never should
 */
export async function start(onProgress) {
  const { content, dataset } = document.querySelector('meta[name="raftarium-program"]');
  await import("../wasm_exec.js");
  const go = new globalThis.Go();
  const body = await fetchProgram(content);
  const counted = body.pipeThrough(counter(onProgress, Number(dataset.bytes)));
  const response = new Response(counted, { headers: { "Content-Type": "application/wasm" } });
  const { instance } = await WebAssembly.instantiateStreaming(response, go.importObject);
  return { ended: go.run(instance) };
}

// The program as the host compresses it; where the host does not, the copy that
// was compressed when the site was built.
async function fetchProgram(address) {
  const stop = new AbortController();
  const plain = await fetch(address, { signal: stop.signal });
  if (plain.ok && plain.headers.get("Content-Encoding")) return plain.body;
  if (typeof DecompressionStream === "function") {
    const packed = await fetch(address + ".gz").catch(() => null);
    if (packed?.ok) {
      stop.abort();
      return unpack(packed.body);
    }
  }
  if (!plain.ok) throw new Error(`the host answered “${plain.status} ${plain.statusText}” for ${address}`);
  return plain.body;
}

// Some hosts label .gz files so that the browser has already unpacked them:
// look at the bytes, not at the name.
async function unpack(stream) {
  const [look, body] = stream.tee();
  const reader = look.getReader();
  const { value } = await reader.read();
  reader.cancel();
  const packed = magicGzip.every((byte, i) => value?.[i] === byte);
  return packed ? body.pipeThrough(new DecompressionStream("gzip")) : body;
}

function counter(onProgress, total) {
  let loaded = 0;
  return new TransformStream({
    transform(chunk, controller) {
      loaded += chunk.byteLength;
      onProgress(loaded, total);
      controller.enqueue(chunk);
    },
  });
}
