// What a screen does besides drawing: remembers its last frames, begins afresh once a day, stays awake.

import { registerWorker } from "./ours.js";
import { session } from "./storage.js";

const root = document.documentElement;
const path = document.body.dataset.live;
const KEPT_MEDIA = 60;
const REMEMBER_EVERY = 2000; // ms
const DAY = 24 * 3600_000;
let cursor = "";
let heardAt = Date.now();
let timer;

for (const kind of ["welcome", "event", "progress", "poll"]) {
  document.addEventListener(`panic:${kind}`, ({ detail }) => {
    cursor = detail.cursor ?? cursor;
    heardAt = Date.now();
    delete root.dataset.memory;
    turnFlaps();
    timer ??= setTimeout(remember, REMEMBER_EVERY);
  });
}

// Only boards have flaps, and a screen can become a board while it hangs.
const turnFlaps = () => document.getElementById("board-flaps") && import("./flaps.js").catch(() => {});
turnFlaps();

const safe = "serviceWorker" in navigator && "caches" in window;
registerWorker();

async function remember() {
  timer = undefined;
  if (!safe) return;
  try {
    const copy = root.cloneNode(true);
    copy.dataset.memory = "";
    const page = new Response(`<!doctype html>${copy.outerHTML}`, { headers: { "content-type": "text/html" } });
    await Promise.all([keep("shell", shell(), Infinity), keep("media", media(), KEPT_MEDIA)]);
    await (await caches.open("screens")).put(location.pathname, page);
  } catch {
    // A full disk: the screen goes on without a memory.
  }
}

const shell = () => performance.getEntriesByType("resource").map(({ name }) => name).filter((url) => url.includes("/static/"));

function media() {
  const elements = [...document.querySelectorAll("#screen :is(img, audio, video:not([data-film]))")]; // a film is too large
  return elements.flatMap(({ src, poster }) => [src, poster]).filter(Boolean);
}

async function keep(name, urls, most) {
  const cache = await caches.open(name);
  const wanted = [...new Set(urls)].map((url) => new URL(url, location.href)).filter(({ origin }) => origin === location.origin);
  for (const { pathname } of wanted) {
    if (!(await cache.match(pathname))) await add(cache, pathname).catch(() => {});
  }
  const there = await cache.keys(); // oldest first
  const needed = new Set(wanted.map(({ href }) => href));
  for (const old of there.slice(0, Math.max(0, there.length - most))) {
    if (!needed.has(old.url)) await cache.delete(old);
  }
}

// A proxy's page that comes with 200 in the place of a picture is not kept as one.
async function add(cache, pathname) {
  const answer = await fetch(pathname);
  if (answer.status === 200 && !/^text\/html/.test(answer.headers.get("content-type") ?? "text/html")) await cache.put(pathname, answer);
}

// New code, and whatever a browser has leaked: in a quiet moment, and the cursor is taken along.
async function afresh() {
  setTimeout(afresh, 60_000);
  if (root.dataset.live === "live" && Date.now() - heardAt >= 5000) await reload();
}

// Only where the server answers: a screen is not left without its work.
async function reload() {
  const answer = await fetch(location.href, { method: "HEAD" }).catch(() => undefined);
  if (answer?.headers.get("x-panic") !== "display") return;
  await remember();
  session.set(`cursor ${path}`, cursor);
  location.reload();
}
setTimeout(afresh, DAY * (0.9 + Math.random() / 5));
document.addEventListener("panic:afresh", afresh);
document.addEventListener("panic:reload", reload);

async function stayAwake() {
  if (!document.hidden) await navigator.wakeLock?.request("screen").catch(() => {});
}
document.addEventListener("visibilitychange", stayAwake);
stayAwake();
