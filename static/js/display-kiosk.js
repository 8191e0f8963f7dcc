// A screen that waits: it asks every few seconds whether somebody has given it a place.
setInterval(async () => {
  try {
    const answer = await fetch("/kiosk/", { cache: "no-store" });
    const place = new URL(answer.url).pathname;
    if (answer.ok && place.startsWith("/i/") && place !== location.pathname) location.replace(place);
  } catch {
    // The code stays; it is asked again.
  }
}, 3000);
