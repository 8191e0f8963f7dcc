// Type to find a model, Enter puts it in, the focus stays: a combobox instead of the select.
import { advanceTarget, describeIncoming, incomingModality, target } from "./target.js";
import { slotCount } from "./positions.js";
import { searchModels } from "./search.js";
import { text } from "../texts.js";
import { enqueue } from "./queue.js";

const MAX_SHOWN = 60; // more are found by typing
const form = document.querySelector("[data-picker]");
const select = form.elements.model;
const models = [...select.querySelectorAll("optgroup option")]
  .map(({ value, dataset }) => ({ id: value, ...dataset }))
  .sort((a, b) => a.name.localeCompare(b.name));
const hint = text("picker-hint");
const input = element("input", "", { id: "model", autocomplete: "off", spellcheck: "false", placeholder: hint, role: "combobox", "aria-autocomplete": "list", "aria-controls": "model-list", "aria-expanded": "false" });
const list = element("ul", "", { id: "model-list", class: "picker-list", role: "listbox", "aria-label": text("models"), hidden: "" });
let shown = [];
let active = -1;

select.replaceWith(input, list);
if (!slotCount()) input.focus({ preventScroll: true }); // with nothing there yet, this comes first

function open() {
  const found = searchModels(models, input.value, incomingModality());
  shown = found.slice(0, MAX_SHOWN);
  list.replaceChildren(...shown.map(option));
  if (!found.length) list.append(note(text("no-match", { words: input.value.trim() })));
  if (found.length > MAX_SHOWN) list.append(note(text("more", { count: found.length - MAX_SHOWN })));
  list.hidden = false;
  input.setAttribute("aria-expanded", "true");
  point(shown.length ? 0 : -1);
}

function close() {
  list.hidden = true;
  input.setAttribute("aria-expanded", "false");
  point(-1);
}

function point(n) {
  list.children[active]?.setAttribute("aria-selected", "false");
  active = n;
  list.children[n]?.setAttribute("aria-selected", "true");
  list.children[n]?.scrollIntoView({ block: "nearest" });
  if (n < 0) input.removeAttribute("aria-activedescendant");
  else input.setAttribute("aria-activedescendant", `model-${n}`);
}

function option({ model, misfit }, n) {
  const item = element("li", "", { id: `model-${n}`, role: "option", "aria-selected": "false" });
  item.dataset.modality = model.gives;
  if (misfit || model.reason) item.dataset.misfit = "";
  const why = misfit ? `${text("misfit", { takes: text(model.takes), incoming: describeIncoming() })} ` : "";
  item.append(element("span", model.name), element("span", `${text(model.takes)} → ${text(model.gives)}`), element("small", why + (model.reason || model.more)));
  return item;
}

const note = (text) => element("li", text, { class: "picker-none", role: "presentation" });
function element(name, text, attributes = {}) {
  const made = document.createElement(name);
  made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

function choose(n) {
  const { model } = shown[n] ?? {};
  if (!model) return;
  enqueue({ do: target.verb === "replace" ? `replace ${target.at}` : "add", at: target.at, model: model.id });
  advanceTarget(model);
  input.value = "";
  close();
}

const keys = {
  ArrowDown: () => (list.hidden ? open() : point((active + 1) % shown.length)),
  ArrowUp: () => (list.hidden ? open() : point((active + shown.length - 1) % shown.length)),
  Enter: () => (list.hidden ? open() : choose(active)),
  Escape: () => (list.hidden ? (input.value = "") : close()),
};

input.addEventListener("keydown", (event) => {
  if (!keys[event.key] || event.isComposing || event.altKey || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  keys[event.key]();
});
input.addEventListener("input", open);
input.addEventListener("click", () => list.hidden && open());
input.addEventListener("blur", close);
list.addEventListener("mousedown", (event) => event.preventDefault()); // the focus stays
list.addEventListener("click", ({ target }) => choose([...list.children].indexOf(target.closest("[role=option]"))));
form.addEventListener("submit", (event) => {
  event.preventDefault();
  event.stopPropagation();
  input.focus();
  keys.Enter();
});
