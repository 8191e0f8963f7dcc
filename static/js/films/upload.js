// Sends a file in pieces, in the shape of tus 1.0: it goes on after a pause, a cut line and a reload.

const LEAST = 256 * 1024, MOST = 16 * 1024 * 1024; // bytes of a piece; it grows where the line is fast
const SLOW = 8000, FAST = 2000; // ms for a piece
const WAITS = [1, 2, 5, 10, 30]; // seconds between two tries

// What the server says no to, in its words for people. `gone`: it does not know the upload any more.
export class Refusal extends Error {
  constructor(sentence, gone = false) {
    super(sentence);
    this.gone = gone;
  }
}

const token = () => document.querySelector("[name=csrfmiddlewaretoken]").value;

// Whatever the server may say another time is thrown as an Error, the rest as a Refusal.
export async function ask(url, method, { headers, body, signal } = {}) {
  const given = { "X-CSRFToken": token(), "Tus-Resumable": "1.0.0", ...headers };
  const answer = await fetch(url, { method, body, signal, headers: given, cache: "no-store" });
  if (answer.ok) return answer;
  if (answer.status >= 500 || [408, 409, 423, 425, 429].includes(answer.status) && method === "PATCH") {
    throw new Error(`${answer.status}`);
  }
  const problem = await answer.json().catch(() => ({}));
  throw new Refusal(Object.values(problem.errors ?? {})[0] ?? problem.detail ?? "", [404, 410].includes(answer.status));
}

// The address of a new upload.
export async function announce(endpoint, file) {
  const body = JSON.stringify({ bytes: file.size, content_type: file.type.slice(0, 100), name: file.name.slice(0, 200) });
  const answer = await ask(endpoint, "POST", { body, headers: { "Content-Type": "application/json" } });
  return (await answer.json()).url;
}

// To its end. Throws a Refusal, or an AbortError where `signal` asks for it.
export async function send(url, file, { signal, onProgress, onCut }) {
  let size = 1024 * 1024, failures = 0;
  for (;;) {
    try {
      let offset = offsetOf(await ask(url, "HEAD", { signal }));
      while (onProgress(offset), offset < file.size) {
        const began = performance.now();
        const body = file.slice(offset, offset + size);
        const headers = { "Upload-Offset": `${offset}`, "Content-Type": "application/offset+octet-stream" };
        offset = offsetOf(await ask(url, "PATCH", { headers, body, signal }));
        failures = 0;
        const took = performance.now() - began;
        if (took < FAST) size = Math.min(MOST, size * 2);
        if (took > SLOW) size = Math.max(LEAST, size / 2);
      }
      return;
    } catch (error) {
      if (signal.aborted || error instanceof Refusal) throw error;
      onCut();
      size = LEAST;
      await pause(WAITS[Math.min(failures++, WAITS.length - 1)], signal);
    }
  }
}

const offsetOf = (answer) => Number(answer.headers.get("Upload-Offset"));

// Until the line is back, at most for so long.
export function pause(seconds, signal) {
  return new Promise((resolve, reject) => {
    const end = () => (clearTimeout(timer), removeEventListener("online", end), resolve());
    const timer = setTimeout(end, seconds * 1000);
    addEventListener("online", end);
    signal?.addEventListener("abort", () => (end(), reject(signal.reason)), { once: true });
  });
}
