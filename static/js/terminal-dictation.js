// Dictation, where the browser offers it: words are added to those that are there, and nothing is sent by itself.
const Recognition = window.SpeechRecognition ?? window.webkitSpeechRecognition;
const place = document.getElementById("terminal-dictation");
const field = document.querySelector(".terminal-form")?.elements.prompt;

if (Recognition && place && field) {
  const button = place.querySelector("button");
  let recognition;

  const listening = (yes) => button.setAttribute("aria-pressed", String(yes));

  function begin() {
    recognition = new Recognition();
    recognition.lang = document.documentElement.lang;
    recognition.interimResults = false;
    recognition.onresult = ({ results }) => write([...results].map(([best]) => best.transcript).join(" "));
    recognition.onerror = recognition.onend = () => {
      recognition = undefined;
      listening(false);
    };
    recognition.start();
    listening(true);
  }

  function write(words) {
    const before = field.value.trim();
    field.value = (before ? `${before} ${words.trim()}` : words.trim()).slice(0, field.maxLength);
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
  }

  button.addEventListener("click", () => (recognition ? recognition.stop() : begin()));
  place.hidden = false;
}
