// One socket that stays: welcome, frames, acknowledgements, and coming back with the cursor.
import * as clock from "./clock.js";
import { isKnown } from "./cursors.js";
import { draw, idle } from "./draw.js";

const SILENCE = 25_000; // ms; the server pings every 10 s
const WAIT_MOST = 15_000;
const REFUSED_OFTEN = 3; // sockets that never said a word: something in between does not let them through

// `cursor`: of the last frame that came in; it will be drawn even if the socket is gone.
export function connect(path, { onState, cursor = "" } = {}) {
  let [drawn, unacked, tries, mute] = ["", 0, 0, 0];
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
    mine.onclose = ({ code }) => mine === socket && lost(code);
    listen();
  }

  function lost(code) {
    socket = undefined;
    clearTimeout(silenceTimer);
    const polled = document.body.dataset.poll !== undefined;
    if (mute < REFUSED_OFTEN || !polled) state("offline");
    // Turned away: it may be let in again one day, but there is no hurry.
    if (code >= 4400 && code < 4408) tries = 9;
    const longest = Math.min(WAIT_MOST, 500 * 2 ** tries++);
    retryTimer = setTimeout(open, longest * (tries > 1 ? 0.5 + Math.random() / 2 : Math.random()));
    if (++mute === REFUSED_OFTEN && polled) import("./poll.js").then((m) => m.poll(() => mute >= REFUSED_OFTEN, state), () => (mute = 0));
  }

  // A line that has died without a word is given up.
  function listen() {
    clearTimeout(silenceTimer);
    silenceTimer = setTimeout(again, SILENCE);
  }

  function again() {
    const old = socket;
    lost();
    old?.close();
    tries = 0;
    open();
  }

  // Something was overtaken on its way: the whole picture is asked for.
  const anew = () => {
    cursor = "";
    again();
  };

  function receive(frame) {
    listen();
    if (frame.now) clock.heard(frame.now);
    if (frame.type === "ping") return send({ type: "pong" });
    if (frame.type === "event" && isKnown(frame.cursor, cursor)) return frame.cursor === cursor || anew();
    if (frame.type === "welcome") tries = mute = 0;
    if (frame.type === "welcome") state("catching-up");
    cursor = frame.cursor ?? cursor;
    draw(frame, () => {
      drawn = frame.cursor ?? drawn;
      if (frame.cursor) acknowledge(frame.event === "panic.pressed"); // a receipt waits for that
      if (socket && idle()) state("live");
    });
  }

  // At once after a silence, then at most four times a second, or every 16 frames.
  function acknowledge(due = false) {
    if (!due && ++unacked < 16 && ackTimer) return;
    clearTimeout(ackTimer);
    ackTimer = unacked ? setTimeout(() => ((ackTimer = 0), unacked && acknowledge(true)), 250) : 0;
    unacked = 0;
    send({ type: "ack", cursor: drawn });
  }

  function send(message) {
    if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
  }

  const wake = () => document.hidden || socket?.readyState === WebSocket.OPEN || again();
  addEventListener("online", wake);
  addEventListener("pageshow", ({ persisted }) => persisted && again());
  addEventListener("pagehide", () => socket?.close());
  document.addEventListener("visibilitychange", wake);
  state("catching-up");
  open();
}
