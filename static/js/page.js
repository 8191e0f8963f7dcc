// What every page can do a little better with a script: close a message, copy a token, ask twice.
import "./local-times.js";
import "./shortcuts.js";
import "./kept-focus.js";
import "./kept-forms.js";
import { text } from "./texts.js";

for (const button of document.querySelectorAll("[data-close]")) {
  button.hidden = false;
  button.addEventListener("click", () => button.parentElement.remove());
}

for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
    button.textContent = text("copied");
  });
}

// <form data-confirm="What will happen.">, data-confirm-delete for its button of that value, or a button's own data-confirm. On document: forms may be swapped in later.
document.addEventListener("submit", (event) => {
  const form = event.target;
  const question = event.submitter?.dataset.confirm || event.submitter?.value === "delete" && form.dataset.confirmDelete || form.dataset.confirm;
  if (!question || form.dataset.confirmed) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  ask(question, event.submitter?.innerText.replace(/\s+/g, " ").trim() || text("go-on")).then((yes) => {
    if (!yes) return;
    form.dataset.confirmed = "yes";
    form.requestSubmit(event.submitter);
    delete form.dataset.confirmed;
  });
}, true);

function ask(sentence, verb) {
  const dialog = document.createElement("dialog");
  dialog.setAttribute("aria-label", text("sure"));
  const question = document.createElement("p");
  question.textContent = sentence;
  const form = document.createElement("form");
  form.method = "dialog";
  form.className = "row";
  form.append(button(text("cancel"), "no", "button"), button(verb, "yes", "button button-danger"));
  dialog.append(question, form);
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
