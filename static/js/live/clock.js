// The server's clock, as far as it can be told from here.

let offset; // server minus client in ms; every sample is too low by its delay on the way

const localTime = () => performance.timeOrigin + performance.now();

export function addSample(now) {
  const sample = now - localTime();
  const leap = offset === undefined || Math.abs(sample - offset) > 1000;
  // The least delayed sample is the best; 1 ms less each time follows clocks that drift.
  offset = leap ? sample : Math.max(offset - 1, sample);
}

// Resolves at `time` of the server's clock, in any case within a second.
export function until(time) {
  const wait = Math.min(time - localTime() - (offset ?? 0), 1000);
  if (!(wait > 0) || document.hidden) return undefined;
  return new Promise((resolve) => setTimeout(resolve, wait));
}

// The server's time now, in ms: for what counts down.
export const now = () => localTime() + (offset ?? 0);
