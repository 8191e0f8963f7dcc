// How this screen is, said once a minute; and what it is told to do now.
import { local, session } from "./storage.js";

const EVERY_MS = 60_000;
const TONE_HZ = 440;
let saidAt = -Infinity;

function say() {
  if (performance.now() - saidAt < EVERY_MS) return;
  saidAt = performance.now();
  const ratio = devicePixelRatio || 1;
  const heap = performance.memory?.usedJSHeapSize; // Chromium alone tells
  const detail = {
    type: "status",
    version: document.body.dataset.version,
    resolution: `${Math.round(screen.width * ratio)}x${Math.round(screen.height * ratio)}`,
    uptime_seconds: Math.round(performance.now() / 1000),
    memory_mb: heap ? Math.round(heap / 1e5) / 10 : null,
    muted: Boolean(document.querySelector("[data-muted]")),
    volume: Number(local.get("volume") ?? 1),
  };
  document.dispatchEvent(new CustomEvent("panic:send", { detail }));
}

function tone() {
  const context = new AudioContext();
  const [source, gain] = [context.createOscillator(), context.createGain()];
  source.frequency.value = TONE_HZ;
  gain.gain.value = 0.3 * Number(local.get("volume") ?? 1);
  source.connect(gain).connect(context.destination);
  source.onended = () => context.close();
  source.start();
  source.stop(context.currentTime + 1);
}

const actions = {
  "test-sound": tone,
  reload: () => document.dispatchEvent(new Event("panic:reload")),
  volume: (value) => document.dispatchEvent(new CustomEvent("panic:volume", { detail: value })),
};

document.addEventListener("panic:command", ({ detail }) => actions[detail.name]?.(detail.value));
document.addEventListener("panic:welcome", () => {
  saidAt = -Infinity; // to this socket nothing was said yet
  say();
});
setInterval(say, EVERY_MS + 1000);
// Claimed in a browser that keeps no cookies: the server cannot tell, and left the script away.
if (session.get(`screen ${location.pathname}`)) import("./display-place.js");
