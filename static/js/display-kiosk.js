// A screen that waits: it asks every few seconds whether somebody has given it a place.
// What it is known by comes with its code, so that no cookie is needed.
import { isOurs, registerWorker } from "./ours.js";
import { session } from "./storage.js";

const POLL_MS = 3000;
const shown = () => document.getElementById("claim");
let screen = shown()?.dataset.screen;

async function ask() {
  const query = screen ? `?screen=${encodeURIComponent(screen)}` : "";
  const answer = await fetch(`/kiosk/${query}`, { cache: "no-store", signal: AbortSignal.timeout(10_000) });
  if (!isOurs(answer) || !answer.ok) return;
  const place = new URL(answer.url).pathname;
  if (place.startsWith("/i/")) {
    session.set(`screen ${place}`, screen); // the display's page asks with it whether the place has changed
    return location.replace(place);
  }
  const claim = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("claim");
  if (!claim) return;
  screen = claim.dataset.screen;
  const code = (part) => part?.querySelector(".waiting-code").textContent;
  if (code(shown()) === code(claim)) return;
  shown()?.remove(); // it was forgotten, and this one is good
  document.getElementById("main").append(document.adoptNode(claim));
}

async function poll() {
  await ask().catch(() => {}); // the code stays; it is asked again
  setTimeout(poll, POLL_MS);
}

registerWorker();
setTimeout(poll, POLL_MS);
