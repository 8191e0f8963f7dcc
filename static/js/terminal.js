// The terminal without page changes: Enter sends, words stay until they are accepted, the disc waits.
import { left, words } from "./clocks.js";

const form = document.querySelector(".terminal-form");
const field = form.elements.prompt;
const disc = form.querySelector(".panic-button");
const word = disc.querySelector(".panic-word");
const kept = `words ${location.pathname}`;
let sending = false;

const refusal = () => document.getElementById("terminal-refusal");
const say = (sentence) => (refusal().textContent = sentence);
const hand = () => (document.getElementById("terminal-souvenir").hidden = true);
const locked = () => left(document.getElementById("terminal-status").dataset.locked ?? 0);

field.value ||= sessionStorage.getItem(kept) ?? "";
field.addEventListener("input", () => {
  sessionStorage.setItem(kept, field.value);
  hand(); // somebody else may be typing: the souvenir of before is not theirs
});
field.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  form.requestSubmit();
});

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (sending) return;
  if (locked()) return say("Your words are kept. They can go when it is your turn.");
  sending = true;
  disc.setAttribute("aria-busy", "true");
  say("");
  try {
    await send();
  } catch {
    say("There is no connection. Your words are still here: press again.");
  }
  disc.removeAttribute("aria-busy");
  sending = false;
});

// The answer is the page itself; what matters of it is taken over. The key makes a repeat harmless.
async function send() {
  const sent = field.value;
  const answer = await fetch(form.action || location.href, { method: "POST", body: new FormData(form) });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const theirs = page.querySelector(".terminal-form");
  if (!theirs) return location.reload();
  form.elements.client_key.value = theirs.elements.client_key.value;
  for (const id of ["terminal-refusal", "terminal-status", "terminal-souvenir", "terminal-now"]) {
    document.getElementById(id).replaceWith(document.adoptNode(page.getElementById(id)));
  }
  if (!answer.ok || field.value !== sent) return;
  field.value = "";
  sessionStorage.removeItem(kept);
}

let state; // what was said of another state does not hold any more
setInterval(() => {
  const wait = locked();
  const now = document.getElementById("terminal-status").dataset.state;
  if (state && now !== state && !sending) say("");
  state = now;
  disc.disabled = wait > 0;
  word.textContent = wait ? words(wait).replace(" s", "") : "PANIC!";
  if (!wait && refusal().textContent.startsWith("Your words are kept")) say("");
}, 250);
