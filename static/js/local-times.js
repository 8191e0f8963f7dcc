// <time datetime="…" data-local="day|minutes|seconds"> says the moment in the reader's own zone and manner.

const language = document.documentElement.lang;

function localize(root) {
  for (const time of root.querySelectorAll("time[data-local]")) {
    const timeStyle = { minutes: "short", seconds: "medium" }[time.dataset.local];
    const at = new Date(time.dateTime);
    time.textContent = at.toLocaleString(language, { dateStyle: "medium", timeStyle });
    time.title = at.toLocaleString(language, { dateStyle: "full", timeStyle: "long" });
    time.removeAttribute("data-local");
  }
}

// Parts of a page come in later: over a socket, or when a list is filtered.
new MutationObserver((changes) => {
  if (changes.some(({ addedNodes }) => addedNodes.length)) localize(document);
}).observe(document.body, { childList: true, subtree: true });
localize(document);
