// The ticked boxes of a table whose rows are drawn anew stay ticked.

const NAME = "input[name=chosen]";
const chosen = new Set();

document.addEventListener("change", ({ target }) => {
  if (target.matches(NAME)) chosen[target.checked ? "add" : "delete"](target.value);
});

new MutationObserver(() => {
  for (const box of document.querySelectorAll(NAME)) box.checked = chosen.has(box.value);
}).observe(document.querySelector("main"), { childList: true, subtree: true });

for (const box of document.querySelectorAll(NAME)) if (box.checked) chosen.add(box.value);
