"""B6: from an event to the pixels of four displays in Chromium."""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping, Sequence

from playwright.sync_api import Browser, Page, sync_playwright

from bench.engines import Engine
from bench.environment import Context, print_progress
from bench.publishers import WEBSOCKETS, BaselineServer, ProductPublisher
from bench.rows import NotMeasured, Row, added_bar, judge_difference
from bench.statistics import interleaved, median, p95

DISPLAYS = 4
ROUNDS = 5
EVENTS = 40  # a round
INTERVAL_SECONDS = 0.23  # no multiple of a frame, so that every phase of a frame occurs
SETTLE_SECONDS = 2.0  # until the pages have loaded and synchronized their clock
MAX_ADDED_MS = 9.0
BARS = {"B6": added_bar(MAX_ADDED_MS)}
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
# A frame has been painted when the task after its animation callbacks runs.
PAINTED = """
window.painted = {};
new MutationObserver(() => {
  const text = document.getElementById("tile-0")?.textContent ?? "";
  const update = /Update ([0-9]+)/.exec(text)?.[1];
  if (!update || update in painted) return;
  painted[update] = 0;
  requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => (painted[update] = performance.timeOrigin + performance.now());
    port2.postMessage(0);
  });
}).observe(document, { childList: true, subtree: true, characterData: true });
"""
SHOWN = "last => painted[last]"
NOTE = (
    f"p95 of {EVENTS} events a round: the end of the commit -> the last of {DISPLAYS} displays has "
    "painted it, in headless Chromium; baseline: the same page and frame from a bare `websockets` "
    "socket that is fed in process, painted when it arrives"
)
CPU_NOTE = "processor time of the server per event"


def measure(context: Context, engine: Engine) -> list[Row]:
    if CHROMIUM is None:
        raise NotMeasured("there is no Chromium on this machine")
    ours = ProductPublisher.start(context, engine, displays=DISPLAYS)
    raw = BaselineServer(
        context, WEBSOCKETS, ours.frame(ours.displays[0]), BENCH_UPSTREAM=ours.base_url
    )
    playwright = context.closing.enter_context(sync_playwright())
    browser = playwright.chromium.launch(
        executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
    )
    context.closing.callback(browser.close)
    paths = ours.wall["pages"]
    sides = {"ours": Pages(browser, ours, paths), "raw": Pages(browser, raw, paths)}
    time.sleep(SETTLE_SECONDS)
    for side in sides.values():
        side()  # the first round compiles everything
        side.clear()
    found = interleaved(ROUNDS, sides, print_progress=print_progress)
    middles = ", ".join(f"{name} {median(side.all):.1f}" for name, side in sides.items())
    apart = ", ".join(f"{name} {p95(side.apart):.1f}" for name, side in sides.items())
    cpu = ", ".join(f"{name} {side.cpu_per_event():.1f}" for name, side in sides.items())
    note = (
        f"{engine.label}; {NOTE}; p50: {middles} ms; p95 from the first to the last display: {apart} ms; "
        f"{CPU_NOTE}: {cpu} ms"
    )
    mine, theirs = found["ours"], found["raw"]
    return [
        judge_difference(
            f"B6{engine.suffix}", ours=mine, theirs=theirs, added=MAX_ADDED_MS, note=note
        )
    ]


def _shown(painted: Mapping[str, float], number: int, last: int) -> float:
    """When a display showed an event, or a later one that replaced it before it was painted."""
    return min(at for update, at in painted.items() if at and number <= int(update) <= last)


class Pages:
    """Four pages, which stay open as displays do; a call measures a round and returns its p95."""

    def __init__(
        self, browser: Browser, publisher: ProductPublisher | BaselineServer, paths: Sequence[str]
    ) -> None:
        self._publisher = publisher
        self._pages = [_open(browser, publisher.base_url + path) for path in paths]
        self.clear()

    def clear(self) -> None:
        """Forget what was measured so far."""
        self.all: list[float] = []
        self.apart: list[float] = []  # how long the displays were not alike, of each event
        self._cpu = 0.0

    def __call__(self) -> float:
        first = self._publisher.published + 1
        before = self._publisher.cpu.seconds()
        began = self._publisher.publish(EVENTS, INTERVAL_SECONDS)
        self._cpu += self._publisher.cpu.seconds() - before
        for page in self._pages:
            page.wait_for_function(SHOWN, arg=self._publisher.published, timeout=10_000)
        painted = [page.evaluate("painted") for page in self._pages]
        past = time.time() - time.monotonic()
        last = first + EVENTS - 1
        shown = [
            [_shown(one, number, last) for one in painted] for number in range(first, last + 1)
        ]
        took = [max(at) - (begin + past) * 1000 for begin, at in zip(began, shown, strict=True)]
        self.apart += [max(at) - min(at) for at in shown]
        self.all += took
        return p95(took)

    def cpu_per_event(self) -> float:
        """Milliseconds of the server's processor time."""
        return self._cpu * 1000 / len(self.all)


def _open(browser: Browser, address: str) -> Page:
    """A page in a window of its own: the tabs of one window wait for each other, up to a second
    for the first frames after the last was opened."""
    # A service worker would cache the page.
    context = browser.new_context(service_workers="block")
    context.add_init_script(PAINTED)
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector("html[data-live=live]")
    return page
