// Fills an empty time zone with that of the browser, once something else of its line is chosen.
const here = Intl.DateTimeFormat().resolvedOptions().timeZone;

addEventListener("change", ({ target }) => {
  const zone = target.closest(".hours-line")?.querySelector("[name^=zone_]");
  if (zone && zone !== target && !zone.value) zone.value = here;
});
