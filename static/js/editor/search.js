// Which models are meant by what was typed, and in which order they are shown.

// `models`: {name, id, takes, gives, more, reason}; `given`: what comes in where the model is to stand.
// What fits comes first; but words typed as they stand in a name mean that name.
export function searchModels(models, typed, given) {
  const sought = typed.trim().toLowerCase().split(/\s+/).filter(Boolean);
  return models
    .map((model, order) => ({ model, order, misfit: model.takes !== given, ...hit(model, sought) }))
    .filter(({ rank }) => rank < Infinity)
    .sort(
      (a, b) =>
        a.scattered - b.scattered || a.misfit - b.misfit || !!a.model.reason - !!b.model.reason ||
        a.rank - b.rank || a.order - b.order,
    );
}

// `rank`: 0 where the name begins with it, 1 where a word does, 2 where it is somewhere.
function hit(model, sought) {
  if (!sought.length) return { rank: 0, scattered: false };
  const name = model.name.toLowerCase();
  const phrase = sought.join(" ");
  const all = `${name} ${model.id} ${model.takes} to ${model.gives} ${model.more}`.toLowerCase();
  if (!sought.every((word) => all.includes(word))) return { rank: Infinity };
  const begins = sought.every((word) => name.split(/[\s\-./]+/).some((part) => part.startsWith(word)));
  return { rank: name.startsWith(phrase) ? 0 : begins ? 1 : 2, scattered: !all.includes(phrase) };
}
