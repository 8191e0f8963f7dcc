"""B6: from an event to the pixels of four displays in Chromium."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager

from playwright.sync_api import Browser, Page, sync_playwright

from bench.engines import Engine
from bench.figures import interleaved, median, p95
from bench.rows import NotMeasured, Row, added_bar, beside
from bench.senders import BARE, Product, Rival
from bench.workshop import Room, tell

DISPLAYS = 4
ROUNDS = 5
EVENTS = 40  # a round
EVERY = 0.23  # seconds; no multiple of a frame, so that all moments between two frames are met
SETTLED = 2.0  # seconds; until the pages are loaded and know what time it is
ADDED = 17.0
BARS = {"B6": added_bar(ADDED)}
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
# A frame has been painted when the task after its animation callbacks runs.
PAINTED = """
window.painted = {};
new MutationObserver(() => {
  const text = document.getElementById("tile-0")?.textContent ?? "";
  const told = /Told ([0-9]+) times/.exec(text)?.[1];
  if (!told || told in painted) return;
  painted[told] = 0;
  requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => (painted[told] = performance.timeOrigin + performance.now());
    port2.postMessage(0);
  });
}).observe(document, { childList: true, subtree: true, characterData: true });
"""
SHOWN = "last => painted[last]"
NOTE = (
    f"p95 of {EVENTS} events a round: the end of the commit -> the last of {DISPLAYS} displays has "
    "painted it, in headless Chromium; baseline: the same page and frame from a bare `websockets` "
    "socket that is fed in process, drawn when it comes"
)


def measure(room: Room, engine: Engine) -> list[Row]:
    if CHROMIUM is None:
        raise NotMeasured("there is no Chromium on this machine")
    ours = Product.started(room, engine, displays=DISPLAYS)
    raw = Rival(room, BARE, ours.frame(ours.displays[0]), BENCH_UPSTREAM=ours.base_url)
    playwright = room.closing.enter_context(sync_playwright())
    browser = playwright.chromium.launch(
        executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
    )
    room.closing.callback(browser.close)
    paths = ours.hung["pages"]
    sides = {"ours": Screens(browser, ours, paths), "raw": Screens(browser, raw, paths)}
    for side in sides.values():
        side()  # the first time everything is compiled
    found = interleaved(ROUNDS, sides, tell=tell)
    middles = ", ".join(f"{name} {median(side.all):.1f}" for name, side in sides.items())
    note = f"{engine.label}; {NOTE}; p50: {middles} ms"
    mine, theirs = found["ours"], found["raw"]
    return [beside(f"B6{engine.suffix}", ours=mine, theirs=theirs, added=ADDED, note=note)]


def _shown(painted: Mapping[str, float], number: int, last: int) -> float:
    """When a display showed an event, or a later one that drew over it before it could be seen."""
    return min(at for told, at in painted.items() if at and number <= int(told) <= last)


class Screens:
    """Four pages, for a round; called, it answers with the p95."""

    def __init__(self, browser: Browser, sender: Product | Rival, paths: Sequence[str]) -> None:
        self._browser = browser
        self._sender = sender
        self._paths = paths
        self.all: list[float] = []

    def __call__(self) -> float:
        with self._opened() as pages:
            first = self._sender.told + 1
            began = self._sender.tell(EVENTS, EVERY)
            for page in pages:
                page.wait_for_function(SHOWN, arg=self._sender.told, timeout=10_000)
            painted = [page.evaluate("painted") for page in pages]
        past = time.time() - time.monotonic()
        last = first + EVENTS - 1
        ended = [
            max(_shown(one, number, last) for one in painted) for number in range(first, last + 1)
        ]
        took = [end - (begin + past) * 1000 for begin, end in zip(began, ended, strict=True)]
        self.all += took
        return p95(took)

    @contextmanager
    def _opened(self) -> Iterator[list[Page]]:
        with ExitStack() as closing:
            pages = [self._open(path, closing) for path in self._paths]
            time.sleep(SETTLED)
            yield pages

    def _open(self, path: str, closing: ExitStack) -> Page:
        """A window of its own, as each screen has: the tabs of one window wait for each other, up
        to a second for the first frames after the last was opened."""
        # A worker would only answer for the page itself, and keep it between rounds.
        context = self._browser.new_context(service_workers="block")
        closing.callback(context.close)
        context.add_init_script(PAINTED)
        page = context.new_page()
        page.goto(self._sender.base_url + path)
        page.wait_for_selector("html[data-live=live]")
        return page
