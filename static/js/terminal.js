// The terminal without page changes: Enter sends, words stay until they are accepted, the disc waits.
import { left, words } from "./clocks.js";
import { registerWorker } from "./ours.js";
import { session } from "./storage.js";
import { ask, take } from "./terminal-page.js";
import { noteStart, onStartElsewhere, showVisit } from "./terminal-visit.js";

const form = document.querySelector(".terminal-form");
const field = form.elements.prompt;
const disc = form.querySelector(".panic-button");
const word = disc.querySelector(".panic-word");
const kept = `words ${location.pathname}`;
const [RETRY_MS, RETRY_FOR_MS] = [3000, 600_000];
const PARTS = ["terminal-visit", "terminal-status", "terminal-souvenir", "terminal-replay", "terminal-now"];
let sending = false;
let retry;
let state; // what was said of another state does not hold any more

const refusal = () => document.getElementById("terminal-refusal");
const say = (sentence) => (refusal().textContent = sentence);
const hand = () => (document.getElementById("terminal-souvenir").hidden = true);
const stateNow = () => document.getElementById("terminal-status").dataset.state;
const locked = () => left(document.getElementById("terminal-status").dataset.locked ?? 0);

field.value ||= session.get(kept) ?? "";
field.addEventListener("input", () => {
  session.set(kept, field.value);
  clearTimeout(retry);
  hand(); // somebody else may be typing: the souvenir of before is not theirs
});
field.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  form.requestSubmit();
});

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (sending) return;
  if (locked()) return say(form.dataset.notYet);
  say("");
  press(field.value, Date.now() + RETRY_FOR_MS);
});

// Where there is no connection it is tried again by itself, until somebody changes the words.
async function press(sent, until) {
  clearTimeout(retry);
  sending = true;
  disc.setAttribute("aria-busy", "true");
  try {
    await send(sent);
  } catch {
    const again = field.value === sent && Date.now() < until;
    say(again ? form.dataset.offlineWaits : form.dataset.offline);
    if (again) retry = setTimeout(press, RETRY_MS, sent, until);
  }
  disc.removeAttribute("aria-busy");
  sending = false;
}

const post = () => ask({ method: "POST", body: new FormData(form) });
const refusedAsForeign = (answer) => answer.headers.get("x-panic") === "csrf";

// The answer is the page itself; what matters of it is taken over. The key makes a repeat harmless.
async function send(sent) {
  let [answer, page] = await post();
  if (refusedAsForeign(answer)) {
    const fresh = (await ask())[1].querySelector(".terminal-form"); // the session has changed meanwhile
    const token = fresh?.elements.csrfmiddlewaretoken;
    if (token) form.elements.csrfmiddlewaretoken.value = token.value;
    [answer, page] = await post();
    if (refusedAsForeign(answer)) return say(page.getElementById("main").textContent.trim());
  }
  const theirs = page.querySelector(".terminal-form");
  if (!theirs) {
    clearInterval(watching);
    return take(page, ["main"]);
  }
  form.elements.client_key.value = theirs.elements.client_key.value;
  take(page, ["terminal-refusal", ...PARTS]);
  state = stateNow(); // what it says is said of this one
  if (answer.ok) noteStart();
  showVisit();
  if (!answer.ok || field.value !== sent) return;
  field.value = "";
  session.remove(kept);
}

const watching = setInterval(() => {
  const wait = locked();
  const now = stateNow();
  if (state && now !== state && !sending) say("");
  state = now;
  disc.disabled = wait > 0;
  word.textContent = wait && !form.closest(".is-yours") ? words(wait).replace(" s", "") : "PANIC!";
  if (!wait && refusal().textContent === form.dataset.notYet) say("");
}, 250);

onStartElsewhere(() => ask().then(([, page]) => (take(page, PARTS), showVisit()), () => {}));
registerWorker();
