// The log of a step: goes on where it ended, shows what is asked for at once, and keeps the place that is read.

const box = document.getElementById("work-log");
const filter = document.getElementById("log-filter");
const follow = document.getElementById("log-follow");
const empty = document.getElementById("log-empty");
let next = Number(box.dataset.next);
let asking = false;
let again = false;

const atEnd = () => box.scrollTop + box.clientHeight >= box.scrollHeight - 4;
const toEnd = () => box.scrollTo(0, box.scrollHeight);

async function lines(after) {
  const asked = new URLSearchParams(new FormData(filter));
  asked.set("after", after);
  const answer = await fetch(`${box.dataset.url}?${asked}`);
  if (!answer.ok) throw new Error(`${answer.status}`);
  return answer.json();
}

function element({ at, level, text }) {
  const line = document.createElement("span");
  line.className = "log-line";
  Object.assign(line.dataset, { at, level });
  line.textContent = `${text}\n`;
  return line;
}

async function more() {
  again = true;
  if (asking) return;
  asking = true;
  while (again) {
    again = false;
    const found = await lines(next).catch(() => undefined);
    if (!found) break;
    const stays = !follow.checked || !atEnd();
    box.append(...found.lines.map(element));
    next = found.next;
    empty.hidden = box.childElementCount > 0;
    if (!stays) toEnd();
  }
  asking = false;
}

async function refilter() {
  const top = [...box.children].find((line) => line.offsetTop + line.offsetHeight > box.offsetTop + box.scrollTop);
  const place = Number(top?.dataset.at ?? 0);
  const ended = atEnd();
  const found = await lines(0).catch(() => undefined);
  if (!found) return;
  box.replaceChildren(...found.lines.map(element));
  next = found.next;
  empty.hidden = box.childElementCount > 0;
  const same = [...box.children].find((line) => Number(line.dataset.at) >= place);
  if (ended || !same) toEnd();
  else box.scrollTo(0, same.offsetTop - box.offsetTop);
  history.replaceState(null, "", `?${new URLSearchParams(new FormData(filter))}`);
}

let typed;
filter.addEventListener("submit", (event) => {
  event.preventDefault();
  refilter();
});
filter.addEventListener("input", ({ target }) => {
  if (target === follow) return;
  clearTimeout(typed);
  typed = setTimeout(refilter, 200);
});
follow.addEventListener("change", () => follow.checked && toEnd());
for (const type of ["panic:event", "panic:progress", "panic:welcome"]) document.addEventListener(type, more);
toEnd();
