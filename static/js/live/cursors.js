// Where a reader stands: `epoch:seq`, one for each topic, joined by `~`.
const parts = (cursor) => cursor.split("~").map((part) => part.split(":"));

// Whether nothing in `next` is ahead of `mine`.
export function isKnown(next, mine) {
  const seen = parts(mine);
  return parts(next).every(([epoch, seq], n) => epoch === seen[n]?.[0] && Number(seq) <= Number(seen[n][1]));
}
