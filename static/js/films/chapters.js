// The chapters of a film: a click or Enter plays from there, and the one that plays is marked. Keys 1 to 9 lead
// to the chapters while the film or its list has the focus; "," and "." to the one before and after.

const player = () => document.getElementById("film-player");
const links = () => [...document.querySelectorAll(".film-chapters a[data-seconds]")];
const place = (link) => Number(link.dataset.seconds);

function play(link) {
  const film = player();
  film.currentTime = place(link) + 0.01;
  film.play().catch(() => {});
}

function current() {
  const at = player()?.currentTime ?? 0;
  return links().findLastIndex((link) => place(link) <= at + 0.01);
}

document.addEventListener("click", (event) => {
  const link = event.target.closest(".film-chapters a[data-seconds]");
  if (!link || !player() || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  play(link);
});

document.addEventListener("keydown", (event) => {
  if (!event.target.closest("#film-player, .film-chapters") || event.altKey || event.ctrlKey || event.metaKey) return;
  const all = links();
  const steps = { ",": current() - 1, ".": current() + 1 };
  const wanted = all[/^[1-9]$/.test(event.key) ? event.key - 1 : steps[event.key]];
  if (!wanted) return;
  event.preventDefault();
  play(wanted);
});

// The list may be drawn anew, so the film is listened to from outside; its events do not bubble.
document.addEventListener("timeupdate", () => {
  const now = current();
  links().forEach((link, number) => number === now ? link.setAttribute("aria-current", "true") : link.removeAttribute("aria-current"));
}, true);
