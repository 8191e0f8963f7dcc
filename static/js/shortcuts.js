// Keys that work on every page, unless something is typed; components/_shortcuts.html lists them.

const sheet = document.getElementById("shortcuts");
const opener = document.querySelector("[data-shortcuts]");
const field = () => document.querySelector("main input[type=search], main textarea");
const follow = (selector) => document.querySelector(selector)?.click();

const keys = {
  "?": () => sheet.showModal(),
  "/": () => field()?.focus(),
  n: () => follow(".header [data-key=n]"),
  r: () => follow(".header [data-key=r]"),
  f: () => follow(".header [data-key=f]"),
  i: () => follow(".header [data-key=i]"),
  m: () => follow(".header [data-key=m]"),
  s: () => follow("[data-sound]"),
};

if (sheet) {
  if (opener) opener.hidden = false; // pages without a footer have no button for it
  opener?.addEventListener("click", keys["?"]);
  document.addEventListener("keydown", (event) => {
    const typed = event.target.closest("input, textarea, select, [contenteditable], dialog");
    if (typed || !keys[event.key] || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    keys[event.key]();
  });
}
