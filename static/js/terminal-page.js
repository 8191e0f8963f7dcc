// The terminal's page, asked for again: its answer to a press, or how it stands now.
import { isOurs } from "./ours.js";

// Raises where the answer is not ours: a proxy's error, or its page with status 200.
export async function ask(options) {
  const answer = await fetch(location.href, { cache: "no-store", signal: AbortSignal.timeout(20_000), ...options });
  if (!isOurs(answer)) throw new Error(`not ours: ${answer.status}`);
  return [answer, new DOMParser().parseFromString(await answer.text(), "text/html")];
}

// Parts of the answer's page take the place of those of this one.
export function take(page, ids) {
  for (const id of ids) document.getElementById(id).replaceWith(document.adoptNode(page.getElementById(id)));
  if (document.getElementById("terminal-replay")?.hidden === false) import("./terminal-replay.js");
}
