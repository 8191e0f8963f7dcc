// Arrow keys, a remote's too, lead to the step before and after; Escape leads up.
const ways = { ArrowLeft: "prev", ArrowRight: "next", Escape: "up" };

document.addEventListener("keydown", (event) => {
  const busy = event.target.closest("input, textarea, select, audio, video, [tabindex], dialog");
  if (!ways[event.key] || event.altKey || event.ctrlKey || event.metaKey) return;
  if (busy && busy.id !== "main") return;
  document.querySelector(`a[rel=${ways[event.key]}]`)?.click();
});
