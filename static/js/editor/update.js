// Takes over the parts of an answer; focus, open settings and words half typed stay where they are.
import { shiftedPosition, focusCandidates } from "./positions.js";

const PARTS = ["editor-bar", "editor-message", "editor-figure", "editor-list"];
const get = (id) => document.getElementById(id);

export const etag = () => get("editor-bar").dataset.etag;
export const announce = (sentence) => (get("editor-announced").textContent = sentence);

// `command`: the words of what was answered. Without one the page was only looked at again: where
// the draft is the same one, what was said last stays.
export function update(html, command) {
  const page = new DOMParser().parseFromString(html, "text/html");
  const same = !command && page.getElementById("editor-bar")?.dataset.etag === etag();
  const parts = (same ? PARTS.slice(0, 1) : PARTS).map((id) => page.getElementById(id));
  if (parts.includes(null)) return location.reload();
  const focused = focusedElement();
  const open = openSettings(command ?? ["save"]);
  for (const part of parts) {
    if (!get(part.id).isEqualNode(part)) get(part.id).replaceWith(document.adoptNode(part));
  }
  for (const id of open) get(id)?.setAttribute("open", "");
  for (const input of document.querySelectorAll("[name=seen]")) input.value = etag();
  if (focused) restoreFocus(focused, command ?? ["save"]);
  announce([...document.querySelectorAll("#editor-message > p")].map((line) => line.textContent).join(" "));
  document.dispatchEvent(new Event("editor:updated"));
}

function openSettings(command) {
  return [...document.querySelectorAll(".editor-list details[open]")].flatMap(({ id }) => {
    const next = shiftedPosition(Number(id.split("-")[1]), command);
    return next === null ? [] : [`slot-${next}-settings`];
  });
}

// The element that has the focus, if it is going to be drawn anew.
function focusedElement() {
  const { activeElement: it } = document;
  if (!it?.id || !PARTS.some((id) => get(id).contains(it))) return null;
  const typed = "value" in it && it.matches("input, textarea") && it.value !== it.defaultValue;
  return { id: it.id, it, typed: typed ? it.value : null, from: it.selectionStart, to: it.selectionEnd };
}

function restoreFocus({ id, it, typed, from, to }, command) {
  if (it.isConnected) return;
  const able = (one) => one && !one.disabled;
  const next = focusCandidates(id, command).map(get).find(able);
  if (!next) return;
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
  if (typed === null || !("value" in next)) return;
  next.value = typed;
  if (from !== null && next.type !== "number") next.setSelectionRange?.(from, to);
}
