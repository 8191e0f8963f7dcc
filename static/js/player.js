// The player of a live channel: its buttons, its keys, and what it says. `js/player-source.js` has the stream.

import { Source } from "./player-source.js";

const box = document.querySelector("[data-player]");
const part = (name) => box.querySelector(`[data-player-${name}]`);
const [video, state, play, mute, full] = ["video", "state", "play", "mute", "full"].map(part);

// Counted, not known: a word that this page makes up each time
const viewer = crypto.getRandomValues(new Uint32Array(4)).reduce((all, one) => all + one.toString(36), "");
const source = new Source(video, `${box.dataset.playlist}?viewer=${viewer}`, (name) => {
  const words = name ? state.dataset[name] : "";
  if (state.textContent !== words) state.textContent = words;
});

const words = new Map([play, mute].map((button) => [button, [button.textContent, button.dataset.other]]));
const label = (button, other) => (button.textContent = words.get(button)[other ? 1 : 0]);
const show = () => {
  label(play, video.paused);
  label(mute, !video.muted);
};

const actions = {
  k: () => (video.paused ? source.play() : source.pause()),
  m: () => (video.muted = !video.muted),
  f: () => {
    if (document.fullscreenElement) document.exitFullscreen();
    else if (box.requestFullscreen) video.requestFullscreen();
    else video.webkitEnterFullscreen?.(); // iPhones let only the video itself fill the screen
  },
};
play.addEventListener("click", actions.k);
mute.addEventListener("click", actions.m);
full.addEventListener("click", actions.f);
video.addEventListener("click", actions.k);
for (const name of ["play", "pause", "volumechange"]) video.addEventListener(name, show);
// Before the keys that lead to other pages: F would leave for the films.
addEventListener("keydown", keyed, { capture: true });
function keyed(event) {
  const typing = event.target.closest?.("input, textarea, select, dialog");
  const action = actions[event.key.toLowerCase()];
  if (!action || typing || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  event.stopPropagation();
  action();
}
show();
source.open();
