// <div data-refresh="/…" data-every="5">: what is inside is asked for again, for as long as it is seen.

for (const place of document.querySelectorAll("[data-refresh]")) {
  setInterval(async () => {
    if (document.hidden) return;
    try {
      const answer = await fetch(place.dataset.refresh);
      if (answer.ok && !answer.redirected) place.innerHTML = await answer.text();
    } catch {
      // The mark of a lost line is shown by the socket already.
    }
  }, place.dataset.every * 1000);
}
