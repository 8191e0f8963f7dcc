// Whose run goes round. The screen on which it was started belongs to it until newer words come; one that many
// use, unlike a phone, for a few minutes only: by then somebody else may stand before it.
import { now } from "./live/clock.js";
import { local } from "./storage.js";

const STAY_SECONDS = 180;
const inHand = matchMedia("(max-width: 34rem)");
const pressed = `pressed ${location.pathname}`;
let unkept = {}; // where the browser keeps no cookie, the page remembers

export function showVisit() {
  const visit = document.getElementById("terminal-visit");
  if (!visit) return; // the code has expired, and another page has taken the place of this one
  const { run, until } = visit.dataset.run ? visit.dataset : unkept;
  const shown = document.getElementById("terminal-now").dataset.run;
  const valid = run && (inHand.matches || now() / 1000 < until);
  const { classList } = document.querySelector(".terminal");
  classList.toggle("is-yours", Boolean(valid) && run === shown);
  classList.toggle("was-yours", Boolean(valid) && run !== shown);
}

// It was accepted: the other tabs of this browser are told.
export function noteStart() {
  const { run } = document.getElementById("terminal-now").dataset;
  unkept = { run, until: now() / 1000 + STAY_SECONDS };
  local.set(pressed, run);
}

export function onStartElsewhere(refresh) {
  addEventListener("storage", ({ key, newValue }) => key === pressed && newValue && refresh());
}

for (const kind of ["event", "welcome"]) document.addEventListener(`panic:${kind}`, showVisit);
setInterval(showVisit, 1000);
showVisit();
