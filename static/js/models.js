// Choosing models to compare: how many there are, and no more than fit beside each other.

const form = document.querySelector(".models");

function count() {
  const place = form.querySelector(".compare-count");
  const most = Number(place.dataset.most);
  const boxes = [...form.querySelectorAll("input[name=model]")];
  const chosen = boxes.filter((box) => box.checked).length;
  for (const box of boxes) box.disabled = !box.checked && chosen >= most;
  if (chosen === 0) return;
  const few = chosen === 1 ? "One model is chosen: choose one to three more." : `${chosen} models are chosen.`;
  place.textContent = chosen === most ? `${chosen} models are chosen, as many as fit.` : few;
}

form.addEventListener("change", ({ target }) => target.name === "model" && count());
document.addEventListener("htmx:after:swap", count);
count();
