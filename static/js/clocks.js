// Time that passes, by the server's clock. Moments are Unix seconds.
//   data-until="…"    the text counts down     data-since="…"    it counts up
//   data-show-at="…"  hidden before            data-hide-at="…"  hidden from then on
//   <time datetime="…" data-clock>             the time of day where the reader is
import { now } from "./live/clock.js";

const all = (name) => document.querySelectorAll(`[data-${name}]`);

export const left = (moment) => Math.max(0, Math.ceil(moment - now() / 1000));

export function words(seconds) {
  if (seconds < 100) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 100) return `${minutes}:${String(seconds % 60).padStart(2, "0")}`;
  return `${Math.round(minutes / 60)} h`;
}

function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function tick() {
  const time = now() / 1000;
  for (const clock of all("until")) write(clock, words(left(clock.dataset.until)));
  for (const clock of all("since")) write(clock, words(Math.max(0, Math.floor(time - clock.dataset.since))));
  for (const one of all("clock")) write(one, new Date(one.dateTime).toLocaleTimeString(document.documentElement.lang, { hour12: false }));
  for (const element of all("show-at")) element.hidden = time < element.dataset.showAt;
  for (const element of all("hide-at")) element.hidden = time >= element.dataset.hideAt;
}

tick();
setInterval(tick, 250);
document.addEventListener("panic:event", tick);
document.addEventListener("panic:welcome", tick);
