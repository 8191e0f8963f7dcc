// The rows of the fleet page are asked for again every few seconds; what is chosen stays chosen. A picture of what a
// screen shows is renewed less often: for hundreds of screens it would be most of what the page loads.

const PICTURE_MS = 30_000;
const place = document.getElementById("fleet");
const pictures = new Map(); // by the name of the display: when its picture was renewed, and the element
const boxes = (root) => [...root.querySelectorAll("input[name=display]")];
const pictureOf = (box) => box.closest("tr").querySelector(".fleet-thumbnail");

async function refresh() {
  if (document.hidden) return;
  const answer = await fetch(location.href, { headers: { "HX-Request": "true" }, cache: "no-store" }).catch(() => undefined);
  if (!answer?.ok || answer.redirected) return;
  // Apart from the page: what is in it loads its pictures at once.
  const { body } = new DOMParser().parseFromString(await answer.text(), "text/html");
  const chosen = new Set(boxes(place).filter((box) => box.checked).map((box) => box.value));
  const focused = boxes(place).find((box) => box === document.activeElement)?.value;
  const left = place.querySelector(".table-box").scrollLeft;
  boxes(body).forEach(keepPicture);
  place.replaceChildren(...body.childNodes);
  for (const box of boxes(place)) {
    box.checked = chosen.has(box.value);
    if (box.value === focused) box.focus({ preventScroll: true });
  }
  place.querySelector(".table-box").scrollLeft = left;
}

function keepPicture(box) {
  const known = pictures.get(box.value);
  if (known && Date.now() - known.at < PICTURE_MS) pictureOf(box).replaceWith(known.picture);
  else pictures.set(box.value, { at: Date.now(), picture: pictureOf(box) });
}

for (const box of boxes(place)) pictures.set(box.value, { at: Date.now(), picture: pictureOf(box) });
setInterval(refresh, place.dataset.every * 1000);
