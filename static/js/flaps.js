// The flaps of a board turn one after the other until each shows its new sign, as those of a device do.
const DRUM = " ABCDEFGHIJKLMNOPQRSTUVWXYZ1234567890!@#$()-+&=;:'\"%,./?°❤";
const COLOURS = [..."roygbvwk"]; // signs of the plain colours, after all others
const ORDER = [...DRUM, ...COLOURS];
const NAMES = ["red", "orange", "yellow", "green", "blue", "violet", "white", "black"];
const TURN_MS = 60; // ms for each flap
const MANY = 400; // flaps; of a larger board each turns a few times only
const FEW_TURNS = 5;
const still = matchMedia("(prefers-reduced-motion: reduce)");
let shown = []; // place on the drum of each flap that can be seen now
let flaps, targets, timer;

const placeOf = ({ dataset, textContent }) =>
  Math.max(0, dataset.colour ? DRUM.length + NAMES.indexOf(dataset.colour) : ORDER.indexOf(textContent || " "));

// The text of a flap is always what it will show; while it turns, `data-now` is drawn over it.
function draw(flap, place, target) {
  if (place === target) return flap.removeAttribute("data-now");
  flap.dataset.now = place < DRUM.length ? ORDER[place] : " ";
  return undefined;
}

function turn() {
  let turning = false;
  for (let n = 0; n < targets.length; n += 1) {
    if (shown[n] === targets[n]) continue;
    shown[n] = (shown[n] + 1) % ORDER.length;
    draw(flaps[n], shown[n], targets[n]);
    turning = true;
  }
  if (!turning || !flaps[0].isConnected) stop();
}

function stop() {
  clearInterval(timer);
  timer = undefined;
}

function follow(board) {
  flaps = [...board.children];
  targets = flaps.map(placeOf);
  const turns = shown.length === targets.length && !still.matches && !document.hidden;
  shown = turns ? nearer(shown) : [...targets];
  flaps.forEach((flap, n) => draw(flap, shown[n], targets[n]));
  if (turns) timer ??= setInterval(turn, TURN_MS);
}

function nearer(places) {
  if (places.length <= MANY) return places;
  return places.map((place, n) => (place === targets[n] ? place : (targets[n] - FEW_TURNS + ORDER.length) % ORDER.length));
}

function look() {
  const board = document.getElementById("board-flaps");
  if (board && board !== flaps?.[0]?.parentElement) follow(board);
}

new MutationObserver(look).observe(document.querySelector("main"), { childList: true, subtree: true });
document.addEventListener("visibilitychange", () => {
  if (!document.hidden || !flaps) return;
  stop(); // a page that nobody sees stands still
  shown = [...targets];
  flaps.forEach((flap) => flap.removeAttribute("data-now"));
});
look();
