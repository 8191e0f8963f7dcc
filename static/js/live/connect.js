// One socket that stays: welcome, frames, acknowledgements, and coming back with the cursor.
import * as clock from "./clock.js";
import { isKnown } from "./cursors.js";
import { draw, idle } from "./draw.js";

const MAX_SILENCE_MS = 25_000; // ms; the server pings every 10 s
const MAX_RETRY_MS = 15_000;
const [GONE, BEGIN_ANEW] = [4404, 4410]; // close codes; after any other one the cursor is still good
const MAX_FAILURES = 3; // sockets without a single frame: something in between blocks them

// `cursor`: of the last frame that came in; it will be drawn even if the socket is gone.
export function connect(path, { onState, cursor = "" } = {}) {
  let [drawn, unacked, tries, failures] = ["", 0, 0, 0];
  let socket, ackTimer, retryTimer, silenceTimer;

  function state(name) {
    if (document.documentElement.dataset.live === name) return;
    document.documentElement.dataset.live = name;
    onState?.(name);
  }

  function open() {
    clearTimeout(retryTimer);
    const url = new URL(path, location.href);
    url.protocol = url.protocol.replace("http", "ws");
    url.searchParams.set("progress", 1);
    if (cursor) url.searchParams.set("cursor", cursor);
    const mine = (socket = new WebSocket(url));
    mine.onmessage = ({ data }) => mine === socket && receive(JSON.parse(data));
    mine.onclose = ({ code }) => mine === socket && onClosed(code);
    watchSilence();
  }

  function onClosed(code) {
    socket = undefined;
    clearTimeout(silenceTimer);
    const polled = document.body.dataset.poll !== undefined;
    if (code === BEGIN_ANEW) cursor = "";
    if (code === GONE || failures < MAX_FAILURES || !polled) state(code === GONE ? "gone" : "offline");
    // Access denied, or gone: it may be there again one day, but there is no hurry.
    if (code >= 4400 && code < 4408) tries = 9;
    const longest = Math.min(MAX_RETRY_MS, 500 * 2 ** tries++);
    retryTimer = setTimeout(open, longest * (tries > 1 ? 0.5 + Math.random() / 2 : Math.random()));
    if (++failures === MAX_FAILURES && polled) import("./poll.js").then((m) => m.poll(() => failures >= MAX_FAILURES, state), () => (failures = 0));
  }

  // A connection without frames for too long is given up.
  function watchSilence() {
    clearTimeout(silenceTimer);
    silenceTimer = setTimeout(reconnect, MAX_SILENCE_MS);
  }

  function reconnect() {
    const old = socket;
    onClosed();
    old?.close();
    tries = 0;
    open();
  }

  // Events came out of order: ask for the whole picture.
  const resync = () => ((cursor = ""), reconnect());

  function receive(frame) {
    watchSilence();
    if (frame.now) clock.addSample(frame.now);
    if (frame.type === "ping") return send({ type: "pong" });
    if (frame.type === "event" && isKnown(frame.cursor, cursor)) return frame.cursor === cursor || resync();
    if (frame.type === "welcome") tries = failures = 0;
    if (frame.type === "welcome") state("catching-up");
    cursor = frame.cursor ?? cursor;
    draw(frame, () => {
      drawn = frame.cursor ?? drawn;
      if (frame.cursor) acknowledge(frame.event === "panic.pressed"); // a receipt waits for that
      if (socket && idle()) state("live");
    });
  }

  // At once after a silence, then at most once a second, or every 16 frames.
  function acknowledge(due = false) {
    if (!due && ++unacked < 16 && ackTimer) return;
    clearTimeout(ackTimer);
    ackTimer = unacked ? setTimeout(() => ((ackTimer = 0), unacked && acknowledge(true)), 1000) : 0;
    unacked = 0;
    send({ type: "ack", cursor: drawn });
  }

  function send(message) {
    if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
  }

  const wake = () => document.hidden || socket?.readyState === WebSocket.OPEN || reconnect();
  addEventListener("online", wake);
  document.addEventListener("panic:send", ({ detail }) => send(detail));
  addEventListener("pageshow", ({ persisted }) => persisted && reconnect());
  addEventListener("pagehide", () => socket?.close());
  document.addEventListener("visibilitychange", wake);
  state("catching-up");
  open();
}
