// A claimed screen asks where it belongs when its installation has changed: it may have been moved, or released.
import { isOurs } from "./ours.js";
import { session } from "./storage.js";

const MAX_PAUSE_MS = 3000; // not all screens at the same moment
const MAX_RETRY_MS = 60_000;
const known = `screen ${location.pathname}`;
const screen = session.get(known); // a browser without cookies is known by it
let timer;
let retries = 0;

async function ask() {
  timer = undefined;
  const query = screen ? `?screen=${encodeURIComponent(screen)}` : "";
  const answer = await fetch(`/kiosk/${query}`, { cache: "no-store", signal: AbortSignal.timeout(10_000) }).catch(() => undefined);
  if (!answer?.ok || !isOurs(answer)) return again();
  retries = 0;
  const place = new URL(answer.url).pathname;
  if (place === location.pathname) return;
  session.remove(known);
  if (screen && place.startsWith("/i/")) session.set(`screen ${place}`, screen);
  location.replace(place);
}

// Whoever moved it may have done so while the server, or the line, was away.
function again() {
  timer ??= setTimeout(ask, (0.5 + Math.random() / 2) * Math.min(MAX_RETRY_MS, MAX_PAUSE_MS * 2 ** retries++));
}

function soon() {
  if (timer && !retries) return; // it is about to
  clearTimeout(timer);
  retries = 0;
  timer = setTimeout(ask, Math.random() * MAX_PAUSE_MS);
}

document.addEventListener("panic:event", ({ detail }) => detail.event === "installation.changed" && soon());
document.addEventListener("panic:state", soon); // back again, or gone
document.addEventListener("panic:poll", soon); // where no socket says that anything has changed
