// Slots are dragged by their grip, with a mouse or a finger, and moved by Alt and the arrow keys.
import { count } from "./places.js";
import { give } from "./queue.js";

const EDGE = 90; // px from the window's edge; nearer than that the page scrolls along
let drag = null;

const items = () => [...document.querySelectorAll("[data-slot]")];

document.addEventListener("pointerdown", (event) => {
  const grip = event.target.closest(".slot-grip");
  if (!grip || event.button || drag) return;
  const item = grip.closest("[data-slot]");
  grip.setPointerCapture(event.pointerId);
  drag = { grip, item, from: Number(item.dataset.slot), start: event.clientY + scrollY, y: event.clientY, to: null };
});

document.addEventListener("pointermove", (event) => {
  if (!drag) return;
  drag.y = event.clientY;
  if (drag.to === null && Math.abs(drag.y + scrollY - drag.start) > 5) {
    drag.to = drag.from;
    drag.item.dataset.lifted = "";
    requestAnimationFrame(scroll);
  }
  if (drag.to !== null) follow();
});

function follow() {
  const { item, from, start, y } = drag;
  if (!item.isConnected) return end();
  const card = item.querySelector(".slot");
  card.style.transform = `translateY(${y + scrollY - start}px)`;
  const others = items().filter((one) => one !== item);
  const middle = (one) => one.querySelector(".slot").getBoundingClientRect();
  drag.to = others.filter((one) => middle(one).top + middle(one).height / 2 < y).length;
  for (const one of others) delete one.dataset.drop;
  if (drag.to === from) return undefined;
  const beside = others[drag.to] ?? others.at(-1);
  beside.dataset.drop = others[drag.to] ? "before" : "after";
  return undefined;
}

function scroll() {
  if (!drag) return;
  const near = drag.y < EDGE ? drag.y - EDGE : Math.max(0, drag.y - innerHeight + EDGE);
  if (near) {
    scrollBy(0, near / 6);
    follow();
  }
  if (drag) requestAnimationFrame(scroll);
}

function end() {
  const { item, from, to } = drag;
  drag = null;
  for (const one of items()) delete one.dataset.drop;
  delete item.dataset.lifted;
  item.querySelector(".slot").style.transform = "";
  return to !== null && to !== from ? [from, to] : null;
}

document.addEventListener("pointerup", () => {
  const moved = drag && drag.item.isConnected && end();
  if (moved) give({ do: `move ${moved.join(" ")}` });
});
document.addEventListener("pointercancel", () => drag && end());

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && drag) end();
  const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  const item = event.target.closest("[data-slot]");
  if (!step || !event.altKey || !item || event.target.closest("input, select, textarea")) return;
  event.preventDefault();
  const at = Number(item.dataset.slot);
  if (at + step >= 0 && at + step < count()) give({ do: `move ${at} ${at + step}` });
});
