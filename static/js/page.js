// What every page can do a little better with a script: close a message, copy a token, ask twice.

for (const button of document.querySelectorAll("[data-close]")) {
  button.hidden = false;
  button.addEventListener("click", () => button.parentElement.remove());
}

for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
    button.textContent = "Copied";
  });
}

// <form data-confirm="What will happen."> On document: forms may be swapped in later.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.dataset.confirm || form.dataset.confirmed) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  ask(form.dataset.confirm, event.submitter?.textContent.trim() || "Go on").then((yes) => {
    if (!yes) return;
    form.dataset.confirmed = "yes";
    form.requestSubmit(event.submitter);
    delete form.dataset.confirmed;
  });
}, true);

function ask(sentence, verb) {
  const dialog = document.createElement("dialog");
  dialog.setAttribute("aria-label", "Are you sure?");
  const text = document.createElement("p");
  text.textContent = sentence;
  const form = document.createElement("form");
  form.method = "dialog";
  form.className = "row";
  form.append(button("Cancel", "no", "button"), button(verb, "yes", "button button-danger"));
  dialog.append(text, form);
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      resolve(dialog.returnValue === "yes");
      dialog.remove();
    });
  });
}

function button(label, value, className) {
  const element = document.createElement("button");
  element.textContent = label;
  element.value = value;
  element.className = className;
  return element;
}
