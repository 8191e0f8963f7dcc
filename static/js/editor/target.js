// Where the next model goes: to the end, before a slot, or in the place of one.
import { text } from "../texts.js";
import { pending } from "./queue.js";

const form = document.querySelector("[data-picker]");
const label = document.getElementById("model-label");
const button = document.getElementById("model-add");
const clearLink = document.getElementById("model-target-clear");
export const target = { verb: "add", at: "" };
let lastAdded = null; // the newest model that was put in and is not drawn yet

const slot = (n) => document.getElementById(`slot-${n}`)?.dataset;
const slots = () => document.querySelectorAll("[data-slot]").length;
const position = () => (target.at === "" ? slots() : target.at);
const previousSlot = () => slot(position() - 1);

export function incomingModality() {
  if (lastAdded) return lastAdded.gives;
  return position() === 0 ? "text" : previousSlot()?.gives;
}

export function describeIncoming() {
  if (lastAdded) return text("gives", { name: lastAdded.name, modality: text(lastAdded.gives) });
  if (position() === 0) return text("prompt-is-text");
  return text("gives", { name: previousSlot()?.name, modality: text(incomingModality() ?? "something-unknown") });
}

export function setTarget(verb, at) {
  Object.assign(target, { verb, at });
  lastAdded = null;
  label.textContent = at === "" ? text("add-model") : text(verb === "replace" ? "in-place-of" : "insert-before", { number: at + 1 });
  button.textContent = text(verb === "replace" ? "replace" : "add");
  clearLink.hidden = at === "";
}

// After `model` was put in: the next one goes behind it.
export function advanceTarget(model) {
  if (target.verb === "replace") return setTarget("add", "");
  if (target.at !== "") setTarget("add", target.at + 1);
  lastAdded = model;
}

document.addEventListener("editor:updated", () => {
  if (!pending()) lastAdded = null;
  if (target.at !== "" && target.at > slots()) setTarget("add", "");
});
document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-target]");
  if (!link) return;
  event.preventDefault();
  const at = link.dataset.at === "" ? "" : Number(link.dataset.at);
  setTarget(link.dataset.target, link.dataset.target === "add" && at === slots() ? "" : at);
  form.elements.model.focus();
  form.scrollIntoView({ block: "nearest" });
});

const { at, do: asked } = form.elements; // the page may have been asked for with ?at=2 or ?replace=3
if (asked.value !== "add") setTarget("replace", Number(asked.value.split(" ")[1]));
else setTarget("add", Number(at.value) === slots() ? "" : Number(at.value));
