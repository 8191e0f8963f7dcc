// A run from the archive, one step after the other, until something runs again.
const STEP_MS = 5000;
const still = matchMedia("(prefers-reduced-motion: reduce)");

let at = 0;
let shown;

setInterval(() => {
  const place = document.getElementById("terminal-replay");
  if (!place || place.hidden) return;
  if (document.getElementById("terminal-status").dataset.state === "running") return (place.hidden = true);
  const steps = [...place.querySelectorAll("li")];
  if (shown !== steps[0]) [at, shown] = [Date.now(), steps[0]];
  const now = Math.floor((Date.now() - at) / STEP_MS) % steps.length;
  steps.forEach((step, n) => (step.hidden = !still.matches && n !== now));
}, 250);
