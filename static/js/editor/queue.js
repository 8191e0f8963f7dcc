// Commands that are not answered yet. They wait in this browser, over reloads, until the server has them.
import { announce, etag, update } from "./update.js";
import { counted, text } from "../texts.js";
import { rebasedFields, commandWords } from "./positions.js";

const MAX_PAUSE = 8000; // ms
const { network, person } = document.getElementById("command").dataset;
const storageKey = `ring ${network} ${person}`;
const waiting = JSON.parse(sessionStorage.getItem(storageKey) ?? "[]");
const statusLine = document.getElementById("editor-unsent");
let busy = false;
let blocked = false; // the draft was changed elsewhere: its person decides

export const pending = () => waiting.length;
export const isIdle = () => !busy && !blocked && !waiting.length;

// Fields of the command's form; it is sent when all commands before it have been done.
export function enqueue(fields) {
  const moved = rebasedFields(fields, waiting);
  const seen = moved ? undefined : etag(); // it may be about another slot by then: the server refuses it
  waiting.push({ fields: moved ?? fields, key: key(), seen });
  persist();
  return flush();
}

// After a refusal: what was refused first, then the others; or none of them.
export function resolveConflict(fields) {
  if (fields) waiting.unshift({ fields, key: key() });
  else waiting.length = 0;
  blocked = false;
  persist();
  return flush();
}

export async function flush() {
  if (busy || blocked) return;
  busy = true;
  for (let pause = 250; waiting.length && !blocked; ) {
    const next = waiting[0];
    next.seen ??= etag();
    persist();
    const [status, page] = await send(next);
    if (status === 200 || status === 409 || status === 422) {
      blocked = status === 409;
      waiting.shift();
      persist();
      update(page, commandWords(next.fields));
      showStatus("");
      pause = 250;
    } else if (status === 0 || status >= 500 || status === 429) {
      showStatus(text("offline", { changes: counted("changes", waiting.length) }));
      await pauseFor((pause = Math.min(2 * pause, MAX_PAUSE)));
    } else {
      blocked = true;
      showStatus(`${text("signed-out", { changes: counted("changes", waiting.length) })} `, true);
    }
  }
  busy = false;
  document.dispatchEvent(new Event("editor:idle"));
}

async function send({ fields, key, seen }) {
  const token = document.querySelector("#command [name=csrfmiddlewaretoken]").value;
  const body = new URLSearchParams({ ...fields, key, seen, csrfmiddlewaretoken: token });
  const headers = { "HX-Request": "true" };
  try {
    const answer = await fetch(location.pathname, { method: "POST", body, headers, redirect: "manual" });
    return [answer.type === "opaqueredirect" ? 403 : answer.status, await answer.text()];
  } catch {
    return [0, ""];
  }
}

const persist = () => sessionStorage.setItem(storageKey, JSON.stringify(waiting));
// crypto.randomUUID is there over HTTPS only.
const key = () => Array.from(crypto.getRandomValues(new Uint8Array(12)), (n) => n.toString(36)).join("");

function showStatus(sentence, withLink = false) {
  if (statusLine.firstChild?.textContent === sentence) return;
  statusLine.textContent = sentence;
  statusLine.hidden = !sentence;
  if (!withLink) return;
  const link = document.createElement("a");
  link.href = location.pathname;
  link.textContent = text("go-on-here");
  statusLine.append(link);
  announce(statusLine.textContent);
}

function pauseFor(time) {
  return new Promise((resolve) => {
    addEventListener("online", resolve, { once: true });
    setTimeout(resolve, time);
  });
}

addEventListener("beforeunload", (event) => {
  if (waiting.length && !blocked) event.preventDefault();
});
