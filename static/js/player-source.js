// A live channel in a video element. It goes on by itself after every error: the worst one begins it anew.

const CONFIG = {
  enableWorker: false, // the pages' policy allows no script of a page's own making
  liveSyncDurationCount: 3,
  liveMaxLatencyDurationCount: 10,
  backBufferLength: 30,
  maxBufferHole: 1,
  nudgeMaxRetry: 10,
};
const RETRY_MS = 1500;
const STUCK_MS = 5000; // without a new picture: begin anew
const load = (ms) => ({
  default: {
    maxTimeToFirstByteMs: ms,
    maxLoadTimeMs: ms,
    timeoutRetry: { maxNumRetry: 60, retryDelayMs: 0, maxRetryDelayMs: 0 },
    errorRetry: { maxNumRetry: 60, retryDelayMs: 500, maxRetryDelayMs: 1000 },
  },
});

export class Source {
  constructor(video, address, say) {
    Object.assign(this, { video, address, say, wanted: true, at: 0, moved: Date.now() });
    for (const name of ["waiting", "stalled"]) video.addEventListener(name, () => this.say("waiting"));
    for (const name of ["playing", "timeupdate"]) video.addEventListener(name, () => this.say(""));
    video.addEventListener("error", () => this.again("lost"));
    setInterval(() => this.watch(), 1000);
  }

  async open() {
    this.close();
    this.moved = Date.now();
    let answer;
    try {
      answer = await fetch(this.address, { cache: "no-store" });
    } catch {
      return this.again("lost");
    }
    if (!answer.ok) return this.again(answer.status === 404 ? "off" : "waiting");
    if (window.Hls?.isSupported()) this.openWithHls(window.Hls);
    else this.video.src = this.address;
    this.play();
  }

  openWithHls(Hls) {
    const policies = { manifestLoadPolicy: load(8000), playlistLoadPolicy: load(8000), fragLoadPolicy: load(8000) };
    this.hls = new Hls({ ...CONFIG, ...policies });
    this.hls.on(Hls.Events.ERROR, (_, error) => {
      if (!error.fatal) return;
      if (error.type === Hls.ErrorTypes.MEDIA_ERROR) this.hls.recoverMediaError();
      else this.again(error.response?.code === 404 ? "off" : "lost");
    });
    this.hls.loadSource(this.address);
    this.hls.attachMedia(this.video);
  }

  play() {
    this.wanted = true;
    this.moved = Date.now();
    const edge = this.hls?.liveSyncPosition;
    if (edge && edge - this.video.currentTime > 20) this.video.currentTime = edge; // paused for long: live again
    this.video.play().catch(() => {}); // a browser may want a press first
  }

  pause() {
    this.wanted = false;
    this.video.pause();
  }

  again(state) {
    this.say(state);
    this.close();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.open(), RETRY_MS);
  }

  close() {
    clearTimeout(this.timer);
    this.hls?.destroy();
    this.hls = null;
  }

  watch() {
    const { currentTime, paused } = this.video;
    if (currentTime !== this.at || paused || !this.wanted) this.moved = Date.now();
    else if (Date.now() - this.moved > STUCK_MS && this.hls) this.open();
    this.at = currentTime;
  }
}
