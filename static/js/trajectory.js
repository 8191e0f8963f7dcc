// <section id="…" data-source="/…">: asked for at once and then again, while it is seen; what has changed is swapped.
import { draw } from "./live/draw.js";

const EVERY_MS = 5000;

for (const { id, dataset } of document.querySelectorAll("[data-source]")) {
  const load = async () => {
    if (document.hidden) return;
    const answer = await fetch(dataset.source).catch(() => undefined);
    if (answer?.ok && !answer.redirected) draw({ type: "trajectory", html: { [id]: await answer.text() } }, () => {});
  };
  load();
  setInterval(load, EVERY_MS);
}
