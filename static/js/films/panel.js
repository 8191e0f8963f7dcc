// What the page of a new film shows of the clip that is on its way: words, a bar, and every ten percent a word
// for those who listen.
import { text } from "../texts.js";

const panel = document.getElementById("upload");
const part = (name) => document.getElementById(`upload-${name}`);
export const pauseButton = part("pause");
export const removeButton = part("remove");
let told = -1; // tenths

// `share`: how much has come, from 0 to 1; `said`: what is read out, where it is not the words.
export function show(words, share, said = share === undefined ? words : "") {
  panel.hidden = false;
  part("words").textContent = words;
  if (share !== undefined) {
    const percent = Math.floor(share * 100);
    part("bar").value = percent;
    part("percent").textContent = `${percent} %`;
    if (percent < 100 && Math.floor(percent / 10) > told) said ||= text("percent-sent", { percent });
    told = Math.max(told, Math.floor(percent / 10));
  }
  if (said) part("said").textContent = said;
}

export function clear() {
  panel.hidden = true;
  told = -1;
  part("bar").value = 0;
  part("percent").textContent = "";
}
