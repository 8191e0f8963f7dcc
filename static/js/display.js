// What a screen does besides drawing: remembers its last frames, begins afresh once a day, stays awake.

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
    timer ??= setTimeout(remember, REMEMBER_EVERY);
  });
}

// Only where the browser trusts the address (https, localhost): see docs/displays.md.
const safe = "serviceWorker" in navigator && "caches" in window;
if (safe) navigator.serviceWorker.register(document.body.dataset.worker, { scope: "/i/" }).catch(() => {});

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
  const elements = [...document.querySelectorAll("#screen :is(img, audio, video)")];
  return elements.flatMap(({ src, poster }) => [src, poster]).filter(Boolean);
}

async function keep(name, urls, most) {
  const cache = await caches.open(name);
  const wanted = [...new Set(urls)].map((url) => new URL(url, location.href)).filter(({ origin }) => origin === location.origin);
  for (const { pathname } of wanted) {
    if (!(await cache.match(pathname))) await cache.add(pathname).catch(() => {});
  }
  const there = await cache.keys(); // oldest first
  const needed = new Set(wanted.map(({ href }) => href));
  for (const old of there.slice(0, Math.max(0, there.length - most))) {
    if (!needed.has(old.url)) await cache.delete(old);
  }
}

// New code, and whatever a browser has leaked: in a quiet moment, and the cursor is taken along.
async function afresh() {
  setTimeout(afresh, 60_000);
  if (root.dataset.live !== "live" || Date.now() - heardAt < 5000) return;
  const answer = await fetch(location.href, { method: "HEAD" }).catch(() => undefined);
  if (answer?.headers.get("x-panic") !== "display") return;
  await remember();
  sessionStorage.setItem(`cursor ${path}`, cursor);
  location.reload();
}
setTimeout(afresh, DAY * (0.9 + Math.random() / 5));
document.addEventListener("panic:afresh", afresh);

async function stayAwake() {
  if (!document.hidden) await navigator.wakeLock?.request("screen").catch(() => {});
}
document.addEventListener("visibilitychange", stayAwake);
stayAwake();
