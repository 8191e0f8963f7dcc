// A form whose session had ended or changed when it was sent is filled in again, after signing in where that
// is needed: its fields wait in this tab, without passwords and files, until an answer comes. Another person
// does not get them.

import { text } from "./texts.js";

const KEY = "kept form";
const { person } = document.body.dataset;
const here = location.pathname + location.search;
const isPost = (form) => form.method === "post";
const alike = (action) => [...document.forms].filter((form) => isPost(form) && (form.getAttribute("action") ?? "") === action);
const fillable = (field) => field.name && !/^(hidden|password|file|submit|button)$/.test(field.type);

function stored(write) {
  try {
    return write(sessionStorage);
  } catch {
    return null; // a browser that keeps nothing
  }
}

function keep(form) {
  const action = form.getAttribute("action") ?? "";
  const fields = [...form.elements].filter(fillable).map((field) => [field.name, field.value, field.checked]);
  const kept = { person, page: here, action, place: alike(action).indexOf(form), fields };
  stored((store) => store.setItem(KEY, JSON.stringify(kept)));
}

function fill({ action, place, fields }) {
  const form = alike(action)[place];
  if (!form) return;
  const left = [...form.elements].filter(fillable);
  for (const [name, value, checked] of fields) {
    const ticked = (field) => /^(checkbox|radio)$/.test(field.type);
    const field = left.find((one) => one.name === name && (!ticked(one) || one.value === value));
    if (!field) continue;
    left.splice(left.indexOf(field), 1);
    if (ticked(field)) field.checked = checked;
    else field.value = value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
  form.closest("details")?.setAttribute("open", "");
  const note = document.createElement("p");
  note.className = "trouble";
  note.setAttribute("role", "status");
  note.textContent = text("filled-in");
  form.prepend(note);
  note.scrollIntoView({ block: "center" });
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (person && isPost(form) && !event.defaultPrevented && !form.matches("[data-command]")) keep(form);
});

const kept = stored((store) => JSON.parse(store.getItem(KEY)));
const signIn = document.querySelector("[data-sign-in]");
const refused = document.querySelector("[data-refused-form]"); // another tab has changed the session
if (kept && (signIn || refused)) {
  stored((store) => store.setItem(KEY, JSON.stringify({ ...kept, interrupted: true })));
  if (signIn?.elements.next.value) signIn.elements.next.value = kept.page; // not where only forms are taken
  if (refused) {
    refused.hidden = false;
    refused.querySelector("a").href = kept.page;
  }
} else if (kept && person) {
  stored((store) => store.removeItem(KEY));
  if (kept.interrupted && kept.person === person && kept.page === here) fill(kept);
}
