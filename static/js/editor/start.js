// The ring editor without page changes: its forms go through the queue, its shortcuts press buttons.
import "./picker.js";
import "./drag.js";
import { update } from "./update.js";
import { enqueue, resolveConflict, isIdle, flush } from "./queue.js";

document.documentElement.dataset.scripted = "";

function fields(form, submitter) {
  const { seen, csrfmiddlewaretoken, ...found } = Object.fromEntries(new FormData(form, submitter));
  return found;
}

document.addEventListener("submit", (event) => {
  const form = event.target.closest("[data-command]");
  if (!form) return;
  event.preventDefault();
  const refused = form.closest(".editor-refused");
  if (refused) resolveConflict(fields(form, event.submitter));
  else enqueue(fields(form, event.submitter));
});

document.addEventListener("change", (event) => {
  const form = event.target.closest("[data-autosave]");
  if (!form) return;
  if (event.target.validity.badInput) form.reportValidity();
  else enqueue(fields(form));
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-dismiss]")) {
    event.preventDefault();
    resolveConflict(null);
    refresh();
  }
  const shown = event.target.closest("[data-shows-slot]");
  if (!shown) return;
  event.preventDefault();
  const settings = document.getElementById(`slot-${shown.dataset.showsSlot}-settings`);
  settings?.setAttribute("open", "");
  (settings?.querySelector("summary") ?? document.getElementById(`slot-${shown.dataset.showsSlot}-handle`)).focus();
});

const shortcuts = { z: "do-undo", shift_z: "do-redo", y: "do-redo", s: "do-save" };
document.addEventListener("keydown", (event) => {
  const button = shortcuts[(event.shiftKey ? "shift_" : "") + event.key.toLowerCase()];
  if (!(event.ctrlKey || event.metaKey) || event.altKey || !button) return;
  const { target } = event;
  const writing = target.matches("input, textarea") && target.value !== target.defaultValue;
  if (writing && button !== "do-save") return; // its own undo
  event.preventDefault();
  if (target.form?.matches("[data-autosave]")) target.dispatchEvent(new Event("change", { bubbles: true }));
  document.getElementById(button).click();
});

// What others did meanwhile: another window, another person, the run that begins or ends.
async function refresh() {
  if (!isIdle()) return;
  try {
    const answer = await fetch(location.pathname, { headers: { "HX-Request": "true" }, cache: "no-store" });
    if (answer.ok && !answer.redirected && isIdle()) update(await answer.text());
  } catch {
    // The next command will find out.
  }
}

addEventListener("pageshow", ({ persisted }) => persisted && refresh());
document.addEventListener("visibilitychange", () => document.hidden || refresh());
document.addEventListener("panic:event", ({ detail }) => detail.event.startsWith("run.") && refresh());
flush();
