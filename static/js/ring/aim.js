// Where the next model goes: to the end, before a slot, or in the place of one.
import { pending } from "./queue.js";

const form = document.querySelector("[data-finder]");
const label = document.getElementById("model-label");
const button = document.getElementById("model-add");
const off = document.getElementById("model-aim-off");
export const aim = { verb: "add", at: "" };
let added = null; // the newest model that was put in and is not drawn yet

const slot = (n) => document.getElementById(`slot-${n}`)?.dataset;
const slots = () => document.querySelectorAll("[data-slot]").length;
const place = () => (aim.at === "" ? slots() : aim.at);
const feeder = () => slot(place() - 1);

export function given() {
  if (added) return added.gives;
  return place() === 0 ? "text" : feeder()?.gives;
}

export function before() {
  if (added) return `“${added.name}” gives ${added.gives}`;
  return place() === 0 ? "a prompt is text" : `“${feeder()?.name}” gives ${given() ?? "nobody knows what"}`;
}

export function set(verb, at) {
  Object.assign(aim, { verb, at });
  added = null;
  label.textContent = at === "" ? "Add a model" : verb === "replace" ? `In the place of slot ${at}` : `Insert before slot ${at}`;
  button.textContent = verb === "replace" ? "Replace" : "Add";
  off.hidden = at === "";
}

// After `model` was put in: the next one goes behind it.
export function next(model) {
  if (aim.verb === "replace") return set("add", "");
  if (aim.at !== "") set("add", aim.at + 1);
  added = model;
}

document.addEventListener("ring:drawn", () => {
  if (!pending()) added = null;
  if (aim.at !== "" && aim.at > slots()) set("add", "");
});
document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-aim]");
  if (!link) return;
  event.preventDefault();
  const at = link.dataset.at === "" ? "" : Number(link.dataset.at);
  set(link.dataset.aim, link.dataset.aim === "add" && at === slots() ? "" : at);
  form.elements.model.focus();
  form.scrollIntoView({ block: "nearest" });
});

const { at, do: asked } = form.elements; // the page may have been asked for with ?at=2 or ?replace=3
if (asked.value !== "add") set("replace", Number(asked.value.split(" ")[1]));
else set("add", Number(at.value) === slots() ? "" : Number(at.value));
