// The page of a new film: the clip is sent in pieces while the rest of the form is filled in.
import { local } from "../storage.js";
import { text } from "../texts.js";
import { clear, pauseButton, removeButton, show } from "./panel.js";
import { announce, ask, pause, Refusal, send } from "./upload.js";

const form = document.getElementById("film-new");
const { clip, upload, ready } = form.elements;
const note = document.getElementById("film-order-note");
const memory = `upload ${form.dataset.person}`; // what this browser was sending last
const known = () => JSON.parse(local.get(memory) ?? "null");
const facts = (file, url) => ({ url, name: file.name, size: file.size, modified: file.lastModified });
const same = (file) => JSON.stringify(facts(file, known()?.url)) === JSON.stringify(known());
let sending = null, wanted = false; // { file, url, stop } of the clip that comes; the form was sent before it had
clip.removeAttribute("name"); // the form itself sends only the id

function refuse(sentence) {
  sending = null;
  wanted = false;
  note.hidden = pauseButton.hidden = true;
  local.remove(memory);
  show(sentence || text("refused"));
}

async function start(file, url) {
  sending?.stop.abort();
  const mine = (sending = { file, url, stop: new AbortController() });
  const { signal } = mine.stop;
  pauseButton.hidden = false;
  pauseButton.textContent = text("pause");
  try {
    mine.url ??= await announce(form.dataset.uploads, file);
    local.set(memory, JSON.stringify(facts(file, mine.url)));
    const onProgress = (offset) => show(`${file.name} ${text("sending")}`, offset / file.size);
    await send(mine.url, file, { signal, onProgress, onCut: () => show(text("cut")) });
    await look(mine);
  } catch (error) {
    if (signal.aborted) return;
    if (error.gone && url) await start(file); // it has expired
    else refuse(error instanceof Refusal ? error.message : "");
  }
}

// Until the server has looked at the clip. Throws a Refusal where it does not take it.
async function look(mine) {
  pauseButton.hidden = true;
  show(text("looked-at"), 1, text("looked-at"));
  for (;; await pause(1, mine.stop.signal)) {
    const found = await ask(mine.url, "GET").then((answer) => answer.json(), () => ({}));
    if (found.state === "refused") throw (ask(mine.url, "DELETE").catch(() => {}), new Refusal(found.error)); // else it expires
    if (found.state !== "ready") continue;
    [upload.value, sending] = [found.id, null];
    local.remove(memory);
    show(`${text("ready")} ${found.facts.width} × ${found.facts.height}`, 1, text("ready"));
    form.dispatchEvent(new Event("change")); // how long making the film takes is known now
    return wanted && form.requestSubmit();
  }
}

clip.addEventListener("change", () => {
  const [file] = clip.files;
  if (!file) return;
  upload.value = "";
  clear();
  if (!file.size || file.size > Number(form.dataset.max)) refuse(text(file.size ? "too-large" : "empty"));
  else start(file, same(file) ? known().url : undefined);
});
pauseButton.addEventListener("click", () => {
  if (sending?.stop.signal.aborted) return start(sending.file, sending.url);
  sending?.stop.abort();
  pauseButton.textContent = text("resume");
  show(text("held"));
});
removeButton.addEventListener("click", () => {
  const url = upload.value ? `${form.dataset.uploads}/${upload.value}` : (sending?.url ?? known()?.url);
  sending = sending?.stop.abort();
  upload.value = clip.value = "";
  local.remove(memory);
  clear();
  if (url) ask(url, "DELETE").catch(() => {}); // else it expires
  clip.focus();
});
ready?.addEventListener("change", () => (upload.value = ready.value));
form.addEventListener("submit", (event) => {
  if (upload.value || !sending) return;
  event.preventDefault();
  wanted = true;
  note.hidden = false;
});

// What was on its way when the page was left: the browser does not keep the file, so it is chosen again.
const left = upload.value ? null : known();
if (left) {
  ask(left.url, "HEAD").then((answer) => {
    const share = Number(answer.headers.get("Upload-Offset")) / left.size;
    if (share === 1) return look((sending = { url: left.url, stop: new AbortController() }));
    pauseButton.hidden = true;
    show(text("choose-again", { name: left.name, percent: Math.floor(share * 100) }), share);
  }).catch((error) => error instanceof Refusal && refuse(error.gone ? "" : error.message));
}
