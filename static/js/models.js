// Choosing models to compare: how many there are, and no more than fit beside each other.

import { fill } from "./texts.js";

const form = document.querySelector(".models");

function count() {
  const place = form.querySelector(".compare-count");
  const most = Number(place.dataset.most);
  const boxes = [...form.querySelectorAll("input[name=model]")];
  const chosen = boxes.filter((box) => box.checked).length;
  for (const box of boxes) box.disabled = !box.checked && chosen >= most;
  if (chosen === 0) return;
  const { one, several, full } = place.dataset;
  place.textContent = fill(chosen === most ? full : chosen === 1 ? one : several, { count: chosen });
}

form.addEventListener("change", ({ target }) => target.name === "model" && count());
document.addEventListener("htmx:after:swap", count);
count();
