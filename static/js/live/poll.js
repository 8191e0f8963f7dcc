// Where no socket comes through: the log is asked over HTTP, and the page itself when there is news.
import { draw } from "./draw.js";

const ASK_EVERY = 2000; // ms
const LOOK_EVERY = 10_000; // ms; what the log does not tell, such as a new arrangement
let cursor = document.body.dataset.position;
let looked = 0;
let asking = false;

async function news(topic) {
  if (!topic || !cursor || Date.now() - looked > LOOK_EVERY) return true;
  const query = new URLSearchParams({ topic, after: cursor, limit: 1 });
  const answer = await fetch(`/api/v1/events?${query}`);
  return answer.status === 410 || (answer.ok && (await answer.json()).items.length > 0);
}

// Goes on while `silent()`: no socket speaks.
export async function poll(silent, state) {
  if (asking) return;
  asking = true;
  while (silent()) {
    const reached = await look(document.body.dataset.poll);
    if (silent()) state(reached ? "polling" : "offline");
    await new Promise((resolve) => setTimeout(resolve, ASK_EVERY));
  }
  asking = false;
}

// Whether the server was reached.
async function look(topic) {
  try {
    if (!(await news(topic))) return true;
    const answer = await fetch(location.href, { cache: "no-store" });
    if (!answer.ok || answer.headers.get("x-panic") !== "display") return false;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    looked = Date.now();
    cursor = page.body.dataset.position;
    const [here, there] = [document, page].map((one) => one.getElementById("screen"));
    const same = ["rows", "columns", "kind"].every((name) => here.dataset[name] === there.dataset[name]);
    const parts = page.querySelectorAll(`${same ? "#screen > [id]" : "#screen"}, #screen-note, #wall-notice`);
    draw({ type: "poll", html: Object.fromEntries([...parts].map((part) => [part.id, part.outerHTML])) }, () => {});
    return true;
  } catch {
    return false;
  }
}
