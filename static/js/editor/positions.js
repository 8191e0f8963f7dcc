// Where a slot is found after a command that was given before: positions, as the server shifts them.

// The number of what is slot `n` now; null where it is gone, or where that cannot be told.
export function shiftedPosition(n, [verb, ...words]) {
  if (n === null) return null;
  const [at, to] = words.map(Number);
  if (verb === "move") return n === at ? to : n > at && n <= to ? n - 1 : n < at && n >= to ? n + 1 : n;
  if (verb === "remove") return n === at ? null : n > at ? n - 1 : n;
  if (verb === "duplicate") return n > at ? n + 1 : n;
  if (verb === "insert") return n >= at ? n + 1 : n;
  if (verb === "connect") return at >= slotCount() ? null : n >= at ? n + words.length - 1 : n;
  return ["configure", "replace", "add", "save"].includes(verb) ? n : null;
}

export const slotCount = () => document.querySelectorAll("[data-slot]").length;

// The words of a command: one that adds somewhere inside shifts what is behind.
export function commandWords({ do: command, at }) {
  return command === "add" && at !== "" && at !== undefined ? ["insert", at] : command.split(" ");
}

// `fields` with the slot they are about where it will be once all that waits has been done.
export function rebasedFields(fields, waiting) {
  const [verb, at, ...rest] = fields.do.split(" ");
  if (!["move", "remove", "duplicate", "configure", "replace"].includes(verb)) return fields;
  const now = waiting.reduce((n, one) => shiftedPosition(n, commandWords(one.fields)), Number(at));
  if (now === null) return null;
  if (verb !== "move") return { ...fields, do: [verb, now, ...rest].join(" ") };
  return { ...fields, do: `move ${now} ${now + Number(rest[0]) - Number(at)}` };
}

// What gets the focus where the button that had it is gone or has moved along with its slot.
export function focusCandidates(id, command) {
  const [verb, at, to] = command;
  const own = /^slot-(\d+)(.*)$/.exec(id);
  const next = own && shiftedPosition(Number(own[1]), command);
  const moved = own && next !== null ? [`slot-${next}${own[2]}`, `slot-${next}-handle`] : [id];
  const others = {
    remove: [`slot-${at}-remove`, `slot-${at - 1}-remove`],
    duplicate: [`slot-${Number(at) + 1}-duplicate`],
    connect: [`slot-${at}-handle`],
    move: [`slot-${to}-handle`],
    undo: ["do-undo", "do-redo"],
    redo: ["do-redo", "do-undo"],
    discard: ["do-undo"],
    save: ["do-save"],
  };
  return verb === "remove" || verb === "duplicate"
    ? [...others[verb], ...moved, "model"]
    : [...moved, ...(others[verb] ?? []), "model"];
}
