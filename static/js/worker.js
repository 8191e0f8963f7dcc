// The service worker of the displays, served as /i/worker.js: a screen opens even with the server
// down, a captive portal or a broken proxy in between. What it keeps is put there by display.js.

addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(clients.claim()));

addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin) return;
  if (request.mode === "navigate") event.respondWith(screen(request, pathname));
  else if (/^\/(static|assets)\//.test(pathname)) event.respondWith(kept(request, pathname));
});

// Whatever is not one of our own pages is not shown on a wall, as long as there is something else.
async function screen(request, pathname) {
  const memory = () => caches.match(pathname, { cacheName: "screens" });
  try {
    const answer = await fetch(request, { signal: AbortSignal.timeout(5000) });
    return answer.headers.get("x-panic") === "display" ? answer : ((await memory()) ?? answer);
  } catch {
    return (await memory()) ?? Response.error();
  }
}

// Media and hashed files never change; the rest is asked for first.
async function kept(request, pathname) {
  const found = await caches.match(pathname);
  const constant = pathname.startsWith("/assets/") || /\.[0-9a-f]{8,}\.\w+$/.test(pathname);
  if (found && constant) return part(found, request.headers.get("range"));
  try {
    const answer = await fetch(request);
    return answer.ok || !found ? answer : found;
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
