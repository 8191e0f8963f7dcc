// The key that a USB button types presses the panic button, wherever the focus is: <form data-panic-key="F13">.
const form = document.querySelector("form[data-panic-key]");
const wanted = form.dataset.panicKey === "Space" ? " " : form.dataset.panicKey;
const typed = wanted.length === 1;

// Whether the element that has the focus has a use of its own for the key.
function isTaken(element) {
  if (element.matches("input, textarea, select, [contenteditable]")) {
    return wanted === "Enter" || (typed && !(wanted === " " && element.value === ""));
  }
  return (wanted === "Enter" || wanted === " ") && element.closest("a, button, summary, dialog") !== null;
}

document.addEventListener("keydown", (event) => {
  if (event.key !== wanted || event.defaultPrevented || event.isComposing) return;
  if (event.ctrlKey || event.altKey || event.metaKey || isTaken(event.target)) return;
  event.preventDefault();
  if (!event.repeat) form.requestSubmit(); // a button that is held down is pressed once
});
