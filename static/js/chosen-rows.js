// The ticked boxes of a table whose rows are drawn anew stay ticked, and the one in focus stays in focus.

const NAME = "input[name=chosen]";
const chosen = new Set();
let focused = "";

document.addEventListener("change", ({ target }) => {
  if (target.matches(NAME)) chosen[target.checked ? "add" : "delete"](target.value);
});

// A row that goes takes the focus along without these.
for (const type of ["focusin", "pointerdown"]) {
  document.addEventListener(type, ({ target }) => {
    focused = target.matches(NAME) ? target.value : "";
  });
}

new MutationObserver(() => {
  for (const box of document.querySelectorAll(NAME)) {
    box.checked = chosen.has(box.value);
    const lost = document.activeElement === document.body && box.value === focused;
    if (lost) box.focus({ preventScroll: true });
  }
}).observe(document.querySelector("main"), { childList: true, subtree: true });

for (const box of document.querySelectorAll(NAME)) if (box.checked) chosen.add(box.value);
