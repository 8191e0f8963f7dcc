// What is ours: every answer of PANIC! has a header that no proxy and no captive portal sends.

export const isOurs = (answer) => answer.headers.has("x-panic") && answer.status < 500;

// Only where the browser trusts the address (https, localhost): see docs/displays.md.
export function registerWorker() {
  try {
    navigator.serviceWorker?.register("/i/worker.js", { scope: "/" }).catch(() => {});
  } catch {
    // Site data are refused: the page is live all the same.
  }
}
