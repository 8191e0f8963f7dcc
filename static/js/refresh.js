// <div data-refresh="/…" data-every="5">: what is inside is asked for again, for as long as it is seen; with
// data-at-once for the first time at once. What is the same stays as it is: a screen reader would read it out
// each time, and a button that has the focus would lose it. What was ticked stays so.

const secret = /name="csrfmiddlewaretoken" value="[^"]*"/g; // another one in each answer, all of them good

for (const place of document.querySelectorAll("[data-refresh]")) {
  let shown = place.innerHTML.replace(secret, "").trim();
  const refresh = async () => {
    if (document.hidden) return;
    try {
      const answer = await fetch(place.dataset.refresh);
      if (!answer.ok || answer.redirected) return;
      const found = await answer.text();
      const plain = found.replace(secret, "").trim();
      if (plain === shown) return;
      const focused = place.querySelector(":focus")?.value;
      const ticked = [...place.querySelectorAll(":checked")].map((box) => box.value);
      [place.innerHTML, shown] = [found, plain];
      for (const value of ticked) {
        const box = place.querySelector(`input[value="${CSS.escape(value)}"]`);
        if (box) box.checked = true;
      }
      if (focused) place.querySelector(`[value="${CSS.escape(focused)}"]`)?.focus();
    } catch {
      // The mark of a lost line is shown by the socket already.
    }
  };
  setInterval(refresh, place.dataset.every * 1000);
  if ("atOnce" in place.dataset) refresh();
}
