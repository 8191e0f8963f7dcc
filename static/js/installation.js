// The displays of an installation are put in order by dragging, with Alt and the arrow keys, or with buttons.
import { draggable } from "./drag.js";

document.documentElement.dataset.scripted = "";
let sent = Promise.resolve();
let waiting = 0;

// In its place at once, so that the next key press counts from there; the list comes from the server afterwards.
function move(item, _, to) {
  const focused = document.activeElement?.id;
  const others = [...item.parentElement.children].filter((one) => one !== item);
  item.parentElement.insertBefore(item, others[to] ?? null);
  document.getElementById(focused)?.focus({ preventScroll: true });
  waiting += 1;
  sent = sent.then(() => send(`${item.dataset.drag} ${to}`)).then(show);
}

async function send(words) {
  const form = document.getElementById("order");
  const body = new URLSearchParams(new FormData(form));
  body.set("do", words);
  try {
    const answer = await fetch(form.action, { method: "POST", body, headers: { "HX-Request": "true" }, redirect: "manual" });
    return answer.ok ? await answer.text() : location.reload();
  } catch {
    const said = document.getElementById("order-said");
    said.textContent = said.dataset.offline;
    said.className = "alarm";
    return undefined;
  }
}

function show(html) {
  waiting -= 1;
  if (waiting || !html) return;
  const focused = document.activeElement?.id;
  const page = new DOMParser().parseFromString(html, "text/html");
  document.getElementById("displays").replaceWith(document.adoptNode(page.getElementById("displays")));
  const same = document.getElementById(focused);
  const handle = same?.disabled ? same.closest("[data-drag]").querySelector(".display-handle") : same;
  handle?.focus({ preventScroll: true });
}

draggable({ item: "[data-drag]", handle: "button.display-handle", move });

document.addEventListener("submit", (event) => {
  if (event.target.id !== "order" || !event.submitter) return;
  event.preventDefault();
  const item = event.submitter.closest("[data-drag]");
  const at = [...item.parentElement.children].indexOf(item);
  const to = at + (event.submitter.id.startsWith("up-") ? -1 : 1);
  if (to >= 0) move(item, at, to);
});
