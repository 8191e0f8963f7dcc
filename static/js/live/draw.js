// Draws frames one after the other: images decoded first, then at the moment all screens agreed on.
import { until } from "./clock.js";

const MAX_DECODE_MS = 4000; // ms; a picture that takes longer appears while it loads
const queue = [];
let drawing = false;

export const idle = () => !queue.length;

// `done` is called once the frame can be seen.
export async function draw(frame, done) {
  queue.push([frame, done]);
  if (drawing) return;
  drawing = true;
  while (queue.length) {
    const [next, onDrawn] = queue.shift();
    try {
      const elements = fresh(next.html);
      await decoded(elements);
      await until(next.show_at);
      elements.forEach(swap);
    } catch (error) {
      console.error("A frame could not be drawn.", error);
    }
    onDrawn();
    document.dispatchEvent(new CustomEvent(`panic:${next.type}`, { detail: next }));
  }
  drawing = false;
}

// New elements for those ids that are on this page and not drawn over by a frame that waits.
function fresh(html = {}) {
  const later = new Set(queue.flatMap(([frame]) => Object.keys(frame.html ?? {})));
  return Object.entries(html).flatMap(([id, text]) => {
    if (later.has(id) || !document.getElementById(id)) return [];
    const template = document.createElement("template");
    template.innerHTML = text.trim();
    const element = template.content.firstElementChild;
    return element ? [document.adoptNode(element)] : [];
  });
}

function decoded(elements) {
  const images = elements.flatMap((element) => [
    ...(element.matches("img[src]") ? [element] : element.querySelectorAll("img[src]")),
  ]);
  if (!images.length) return undefined;
  for (const image of images) image.loading = "eager"; // a lazy one is not fetched before it shows
  return Promise.race([
    Promise.allSettled(images.map((image) => image.decode())),
    new Promise((resolve) => setTimeout(resolve, MAX_DECODE_MS)),
  ]);
}

function swap(element) {
  const old = document.getElementById(element.id);
  if (old?.open) element.open = true; // details that somebody has opened
  if (!old || old.isEqualNode(element)) return; // what plays goes on playing
  const parts = [...element.children];
  const alike = parts.length && parts.every(({ id }, n) => id && old.children[n]?.id === id);
  if (alike && parts.length === old.children.length && old.cloneNode().isEqualNode(element.cloneNode())) {
    return parts.forEach(swap); // the same frame: only what is in it
  }
  old.replaceWith(element);
  window.htmx?.process(element);
}
