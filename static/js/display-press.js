// A button beside a display, which types a key: what it does is the server's to say.
const form = document.querySelector("form[data-panic-key]");
const said = document.getElementById("press-answer");
const SAID_MS = 6000;
let timer;

function say(sentence) {
  said.textContent = sentence;
  clearTimeout(timer);
  timer = setTimeout(() => (said.textContent = ""), SAID_MS);
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    const answer = await fetch(form.action, { method: "POST", headers: { "X-Pressed": "1" } });
    document.getElementById("unlocked")?.remove(); // an unlocked button stops everything once
    if (answer.status === 409) say(await answer.text());
  } catch {
    // Without a connection nothing can be started; the screen shows that it is lost.
  }
});

// For staff: a keyboard's U asks for an admin's password (displays/unlocking.py).
document.addEventListener("keydown", ({ key, ctrlKey, altKey, metaKey }) => {
  if (key === "u" && form.dataset.panicKey !== "u" && !ctrlKey && !altKey && !metaKey) location.assign(form.dataset.unlock);
});
