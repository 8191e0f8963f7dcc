// The film strip by keyboard, and choosing frames across its pages.

import { fill } from "./texts.js";

const strip = document.querySelector("[data-strip]");
const links = [...strip.querySelectorAll(".frame-link")];
const moves = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: "down", ArrowUp: "up" };

// Arrows go from frame to frame; Home and End to the first and last of the page.
strip.addEventListener("keydown", (event) => {
  const at = links.indexOf(event.target);
  if (at < 0 || event.altKey || event.ctrlKey || event.metaKey) return;
  const move = moves[event.key];
  const to =
    event.key === "Home" ? 0 : event.key === "End" ? links.length - 1 : Number.isInteger(move) ? at + move : move ? beside(at, move) : -1;
  if (!links[to]) return;
  event.preventDefault();
  links[to].focus();
  links[to].closest("li").scrollIntoView({ block: "nearest" });
});

// The nearest frame in the row above or below.
function beside(at, way) {
  const from = links[at].getBoundingClientRect();
  const places = links.map((link, index) => ({ index, box: link.getBoundingClientRect() }));
  const rows = places.filter(({ box }) => (way === "down" ? box.top > from.top + 4 : box.top < from.top - 4));
  const distance = ({ box }) => Math.abs(box.top - from.top) * 100 + Math.abs(box.left - from.left);
  return rows.sort((a, b) => distance(a) - distance(b))[0]?.index ?? -1;
}

const form = document.getElementById("sheet");
if (form) {
  const kept = `chosen ${strip.dataset.strip}`;
  const boxes = [...strip.querySelectorAll("[name=step]")];
  const chosen = new Set(JSON.parse(sessionStorage.getItem(kept) ?? "[]"));
  const none = form.querySelector("[data-choose-none]");

  const show = () => {
    for (const box of boxes) box.checked = chosen.has(box.value);
    form.querySelector("[data-chosen]").textContent = chosen.size ? fill(form.querySelector("[data-chosen]").dataset.chosen, { count: chosen.size }) : "";
    none.hidden = !chosen.size;
    sessionStorage.setItem(kept, JSON.stringify([...chosen]));
  };

  strip.addEventListener("change", ({ target }) => {
    if (!boxes.includes(target)) return;
    chosen[target.checked ? "add" : "delete"](target.value);
    show();
  });
  none.addEventListener("click", () => {
    chosen.clear();
    show();
  });
  // Those of other pages of the strip come along.
  form.addEventListener("formdata", ({ formData }) => {
    for (const value of chosen) {
      if (!boxes.some((box) => box.value === value)) formData.append("step", value);
    }
    sessionStorage.removeItem(kept);
  });
  show();
}
