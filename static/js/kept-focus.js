// What the keyboard was at, when a live frame replaces it: the link, button or field like it in what is new. Not in
// live/draw.js, which displays load, where nobody has a keyboard.

const MARKS = ["id", "href", "formaction", "name", "value", "tabindex"]; // by which an element is known again
let at = null; // what has the keyboard, or had it when it was replaced

function restore() {
  if (!at || at.isConnected || document.activeElement !== document.body) return;
  let old = at;
  while (old.parentElement) old = old.parentElement; // the part that was replaced
  const element = old.id && document.getElementById(old.id);
  if (element) likeIt(old, element)?.focus({ preventScroll: true });
}

function likeIt(old, element) {
  const isLike = (one) => MARKS.every((name) => one.getAttribute(name) === at.getAttribute(name));
  const [before, after] = [old, element].map((one) => [one, ...one.querySelectorAll(at.localName)].filter(isLike));
  return after[before.indexOf(at)] ?? after[0];
}

document.addEventListener("focusin", ({ target }) => {
  at = target;
});
document.addEventListener("focusout", ({ target }) => {
  // Some browsers say so as well where it is taken out of the page; by then it is out.
  queueMicrotask(() => {
    if (at === target && target.isConnected) at = null;
  });
});
for (const type of ["event", "welcome", "progress"]) document.addEventListener(`panic:${type}`, restore);
