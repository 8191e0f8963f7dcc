// Where no socket comes through: the log is asked over HTTP, and the page itself when there is news.
import { draw } from "./draw.js";

const POLL_MS = 2000; // ms
const REFRESH_MS = 10_000; // ms; what is not in the log, such as a new arrangement
let cursor = document.body.dataset.position;
let refreshedAt = 0;
let polling = false;

async function hasNews(topic) {
  if (!topic || !cursor || Date.now() - refreshedAt > REFRESH_MS) return true;
  const query = new URLSearchParams({ topic, after: cursor, limit: 1 });
  const answer = await fetch(`/api/v1/events?${query}`);
  return answer.status === 410 || (answer.ok && (await answer.json()).items.length > 0);
}

// Goes on while `isActive()`: no socket speaks.
export async function poll(isActive, state) {
  if (polling) return;
  polling = true;
  while (isActive()) {
    const reached = await refresh(document.body.dataset.poll);
    if (isActive()) state(reached ? "polling" : "offline");
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  polling = false;
}

// Whether the server was reached.
async function refresh(topic) {
  try {
    if (!(await hasNews(topic))) return true;
    const answer = await fetch(location.href, { cache: "no-store" });
    if (!answer.ok || answer.headers.get("x-panic") !== "display") return false;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    refreshedAt = Date.now();
    cursor = page.body.dataset.position;
    const [here, there] = [document, page].map((one) => one.getElementById("screen"));
    const same = ["rows", "columns", "kind", "muted", "dark"].every((name) => here.dataset[name] === there.dataset[name]);
    const parts = page.querySelectorAll(`${same ? "#screen > [id]" : "#screen"}, #screen-note, #wall-notice, #wall-caption, #wall-attract, #info-code`);
    draw({ type: "poll", html: Object.fromEntries([...parts].map((part) => [part.id, part.outerHTML])) }, () => {});
    return true;
  } catch {
    return false;
  }
}
