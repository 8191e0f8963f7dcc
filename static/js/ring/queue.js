// What was done and not yet answered. It waits in this browser, over reloads, until the server has it.
import { draw, mark, say } from "./draw.js";
import { rebased, words } from "./places.js";

const MOST_PAUSE = 8000; // ms
const { network, person } = document.getElementById("command").dataset;
const kept = `ring ${network} ${person}`;
const waiting = JSON.parse(sessionStorage.getItem(kept) ?? "[]");
const line = document.getElementById("editor-line");
let busy = false;
let held = false; // the draft is another one than was seen: its person decides

export const pending = () => waiting.length;
export const idle = () => !busy && !held && !waiting.length;

// Fields of the command's form; it is sent when all that was given before it has been done.
export function give(fields) {
  const moved = rebased(fields, waiting);
  const seen = moved ? undefined : mark(); // it may be about another slot by then: let it be refused
  waiting.push({ fields: moved ?? fields, key: key(), seen });
  keep();
  return work();
}

// After a refusal: what was refused first, then the others; or none of them.
export function goOn(fields) {
  if (fields) waiting.unshift({ fields, key: key() });
  else waiting.length = 0;
  held = false;
  keep();
  return work();
}

export async function work() {
  if (busy || held) return;
  busy = true;
  for (let pause = 250; waiting.length && !held; ) {
    const next = waiting[0];
    next.seen ??= mark();
    keep();
    const [status, text] = await send(next);
    if (status === 200 || status === 409 || status === 422) {
      held = status === 409;
      waiting.shift();
      keep();
      draw(text, words(next.fields));
      tell("");
      pause = 250;
    } else if (status === 0 || status >= 500 || status === 429) {
      tell(`No connection. ${amount()} in this browser and will be sent.`);
      await rest((pause = Math.min(2 * pause, MOST_PAUSE)));
    } else {
      held = true;
      tell(`You are signed out, or the page is too old. ${amount()} in this browser: `, true);
    }
  }
  busy = false;
  document.dispatchEvent(new Event("ring:settled"));
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

const keep = () => sessionStorage.setItem(kept, JSON.stringify(waiting));
const amount = () => (waiting.length === 1 ? "1 change waits" : `${waiting.length} changes wait`);
// crypto.randomUUID is there over HTTPS only.
const key = () => Array.from(crypto.getRandomValues(new Uint8Array(12)), (n) => n.toString(36)).join("");

function tell(sentence, leads = false) {
  if (line.firstChild?.textContent === sentence) return;
  line.textContent = sentence;
  line.hidden = !sentence;
  if (!leads) return;
  const link = document.createElement("a");
  link.href = location.pathname;
  link.textContent = "go on here";
  line.append(link);
  say(line.textContent);
}

function rest(time) {
  return new Promise((resolve) => {
    addEventListener("online", resolve, { once: true });
    setTimeout(resolve, time);
  });
}

addEventListener("beforeunload", (event) => {
  if (waiting.length && !held) event.preventDefault();
});
