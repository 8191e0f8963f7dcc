// The service worker of screens and terminals, served as /i/worker.js: they open even with the server
// down, a captive portal or a broken proxy in between. What it keeps is put there by display.js.

const SCREENS = /^\/(i\/|kiosk\/|r\/|n\/[^/]+\/(terminal|wall)\/)/;

addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(clients.claim()));

addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin) return;
  if (request.mode === "navigate") SCREENS.test(pathname) && event.respondWith(screen(request, pathname));
  else if (/^\/(static|assets)\//.test(pathname)) event.respondWith(kept(request, pathname));
});

// Whatever is not one of our own pages is not shown: what was kept is, or a page that tries again.
async function screen(request, pathname) {
  try {
    const signal = AbortSignal.timeout(5000);
    const answer = await fetch(request.url, { redirect: "follow", credentials: "same-origin", cache: "no-store", signal });
    if (answer.headers.has("x-panic") && answer.status < 500) {
      return answer.redirected ? Response.redirect(answer.url) : answer;
    }
  } catch {
    // No connection, or a redirect to somebody else's page.
  }
  return (await caches.match(pathname, { cacheName: "screens" })) ?? new Response(OFFLINE, { headers: { "content-type": "text/html" } });
}

const OFFLINE = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>PANIC!</title>
<meta name="viewport" content="width=device-width"><meta http-equiv="refresh" content="5">
<style>html{background:#0b0a0f;color:#f4f1fa;font:max(1.2rem,2.5vmin)/1.5 monospace}
body{display:grid;place-content:center;min-height:100vh;margin:0;text-align:center}</style></head>
<body><main><h1>There is no connection.</h1><p>This screen tries again by itself.</p></main></body></html>`;

// A page in the place of a picture or a script is a proxy's.
const fits = (answer) => answer.ok && !/^text\/html/.test(answer.headers.get("content-type") ?? "");

// Media and hashed files never change; the rest is asked for first.
async function kept(request, pathname) {
  const found = await caches.match(pathname);
  const constant = pathname.startsWith("/assets/") || /\.[0-9a-f]{8,}\.\w+$/.test(pathname);
  if (found && constant) return part(found, request.headers.get("range"));
  try {
    const answer = await fetch(request);
    return fits(answer) ? answer : (found ?? (answer.ok ? Response.error() : answer));
  } catch {
    return found ?? Response.error();
  }
}

// Sounds and films are asked for piece by piece.
async function part(whole, range) {
  const wanted = /^bytes=(\d+)-(\d*)$/.exec(range ?? "");
  if (!wanted) return whole;
  const bytes = await whole.blob();
  const first = Number(wanted[1]);
  const last = Math.min(bytes.size - 1, wanted[2] ? Number(wanted[2]) : bytes.size);
  if (first > last) return new Response(null, { status: 416 });
  return new Response(bytes.slice(first, last + 1), {
    status: 206,
    headers: {
      "content-type": whole.headers.get("content-type") ?? "",
      "content-range": `bytes ${first}-${last}/${bytes.size}`,
      "content-length": last + 1 - first,
    },
  });
}
