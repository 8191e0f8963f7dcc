// Items of a list are dragged by their handle, with a mouse or a finger, and moved by Alt and the arrow keys.
//   draggable({ item, handle, card, move }): selectors of an item, of its handle and of what is seen to move;
//   `move(item, from, to)` is called with positions, counted from 0.

const EDGE = 90; // px from the window's edge; nearer than that the page scrolls along

export function draggable({ item, handle, card, move }) {
  let drag = null;
  const items = () => [...document.querySelectorAll(item)];
  const seen = (one) => (card ? one.querySelector(card) : one);

  document.addEventListener("pointerdown", (event) => {
    const grip = event.target.closest(handle);
    if (!grip || event.button || drag) return;
    const moved = grip.closest(item);
    grip.setPointerCapture(event.pointerId);
    drag = { moved, from: items().indexOf(moved), start: event.clientY + scrollY, y: event.clientY, to: null };
  });

  document.addEventListener("pointermove", (event) => {
    if (!drag) return;
    drag.y = event.clientY;
    if (drag.to === null && Math.abs(drag.y + scrollY - drag.start) > 5) {
      drag.to = drag.from;
      drag.moved.dataset.dragged = "";
      requestAnimationFrame(scroll);
    }
    if (drag.to !== null) follow();
  });

  function follow() {
    const { moved, from, start, y } = drag;
    if (!moved.isConnected) return end();
    seen(moved).style.transform = `translateY(${y + scrollY - start}px)`;
    const others = items().filter((one) => one !== moved);
    const middle = (one) => seen(one).getBoundingClientRect();
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
    const { moved, from, to } = drag;
    drag = null;
    for (const one of items()) delete one.dataset.drop;
    delete moved.dataset.dragged;
    seen(moved).style.transform = "";
    return to !== null && to !== from ? [moved, from, to] : null;
  }

  document.addEventListener("pointerup", () => {
    const done = drag && drag.moved.isConnected && end();
    if (done) move(...done);
  });
  document.addEventListener("pointercancel", () => drag && end());

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && drag) end();
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    const moved = event.target.closest(item);
    if (!step || !event.altKey || !moved || event.target.closest("input, select, textarea")) return;
    event.preventDefault();
    const at = items().indexOf(moved);
    if (at + step >= 0 && at + step < items().length) move(moved, at, at + step);
  });
}
