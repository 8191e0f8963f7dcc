// <div data-refresh="/…" data-every="5">: what is inside is asked for again, for as long as it is seen. What is
// the same stays as it is: a screen reader would read it out each time.

for (const place of document.querySelectorAll("[data-refresh]")) {
  let shown = "";
  setInterval(async () => {
    if (document.hidden) return;
    try {
      const answer = await fetch(place.dataset.refresh);
      if (!answer.ok || answer.redirected) return;
      const found = await answer.text();
      if (found !== shown) place.innerHTML = shown = found;
    } catch {
      // The mark of a lost line is shown by the socket already.
    }
  }, place.dataset.every * 1000);
}
