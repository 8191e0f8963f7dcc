// A film that a display shows: at the place that the clock says, so that screens of one film keep together and a
// screen that begins afresh goes on (in replay it began at a time of its own); heard where the browser allows it and the screen is not to be silent.
import { local } from "./storage.js";

const LOOK_AGAIN = 5000; // ms
const film = () => document.querySelector("#screen video[data-film]");
const isSilent = () => document.querySelector("[data-muted]") !== null;
let begun;

function place(video) {
  if (!(video.duration > 0 && Number.isFinite(video.duration))) return;
  const began = Number(video.dataset.film), gone = Date.now() / 1000 - began;
  video.loop = !began; // in replay its last picture stays until its turn is over
  video.currentTime = began ? Math.min(Math.max(0, gone), video.duration) : gone % video.duration;
}

async function begin() {
  const video = film();
  if (!video) return;
  if (video.error) video.load(); // the line was cut while it was read
  const again = video === begun;
  begun = video;
  if (again && (!video.paused || video.ended)) return;
  if (!again) {
    if (video.readyState) place(video);
    await sound(video);
  }
  if (video.paused) await video.play().catch(() => {});
}

// A browser that forbids sound stops the film for it: then it goes on without, until somebody touches the screen.
async function sound(video) {
  video.volume = Math.min(1, Math.max(0, Number(local.get("volume") ?? 1)));
  video.muted = isSilent();
  if (video.muted) return;
  await video.play().catch(() => (video.muted = true));
}

// It does not bubble, but it can be caught on its way down.
document.addEventListener("loadedmetadata", ({ target }) => target === film() && place(target), true);
for (const kind of ["welcome", "event", "progress", "poll"]) document.addEventListener(`panic:${kind}`, begin);
document.addEventListener("panic:volume", ({ detail }) => film() && (film().volume = Math.min(1, Math.max(0, Number(detail)))));
addEventListener("pointerdown", () => film() && sound(film()));
setInterval(begin, LOOK_AGAIN);
begin();
