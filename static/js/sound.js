// One sound at a time: the newest. Browsers may forbid it until somebody touches the page.
//   <button data-sound hidden> <input data-volume>: components/_sound.html; on a page it is off until it is
//   pressed; a wall has none and tries at once.

import { local } from "./storage.js";

const button = document.querySelector("[data-sound]");
const slider = document.querySelector("[data-volume]");
let volume = Number(local.get("volume") ?? 1);
let wanted = button ? local.get("sound") === "on" : true;

const players = () => [...document.querySelectorAll("audio")];

async function play(player) {
  if (!player || !wanted || document.querySelector("[data-muted]")) return;
  player.dataset.heard = "";
  player.volume = volume;
  try {
    await player.play();
  } catch {
    // Not allowed yet: a wall tries again at the first touch, and plays the next one anyway.
  }
}

// "play" does not bubble, but it can be caught on its way down.
document.addEventListener("play", ({ target }) => {
  for (const other of players()) if (other !== target) other.pause();
}, true);

function newest({ detail }) {
  const html = detail.html ?? {};
  // Another screen of the wall has a newer sound now, or this one is to be silent.
  if (html.hush || document.querySelector("[data-muted]")) players().forEach((player) => player.pause());
  const drawn = Object.keys(html).flatMap((id) => [...(document.getElementById(id)?.querySelectorAll("audio") ?? [])]);
  play(drawn.filter((player) => !("heard" in player.dataset)).at(-1));
}

function show() {
  if (!button) return;
  button.hidden = false;
  button.setAttribute("aria-pressed", String(wanted));
  button.textContent = wanted ? button.dataset.on : button.dataset.off;
  slider.closest("label").hidden = !wanted;
  slider.value = volume;
}

button?.addEventListener("click", () => {
  wanted = !wanted;
  local.set("sound", wanted ? "on" : "off");
  show();
  if (wanted) play(players().at(-1));
  else players().forEach((player) => player.pause());
});

function setVolume(value) {
  volume = Math.min(1, Math.max(0, Number(value)));
  local.set("volume", String(volume));
  for (const player of players()) player.volume = volume;
}

slider?.addEventListener("input", () => setVolume(slider.value));
document.addEventListener("panic:volume", ({ detail }) => setVolume(detail));

for (const kind of ["event", "progress", "poll"]) document.addEventListener(`panic:${kind}`, newest);
document.addEventListener("visibilitychange", () => {
  if (document.hidden) players().forEach((player) => player.pause());
});
addEventListener("pointerdown", () => players().some((p) => !p.paused) || button || play(players().at(-1)));
show();
if (!button) play(players().at(-1));
