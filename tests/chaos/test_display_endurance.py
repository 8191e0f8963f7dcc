"""Displays in a real browser: every text on every screen, for a hundred thousand steps."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.browser.screens import ALL, GRID, WORDS, opened, wait_for_text
from tests.browser.web_server import WebServer

TEXTS = {
    "long words": "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft",
    "right to left": "בראשית ברא אלהים את השמים ואת הארץ " * 6,
    "cjk": "春眠不覚暁処処聞啼鳥夜来風雨声花落知多少" * 8,
    "emoji": "🎈🏳️‍🌈👩‍👩‍👧‍👦🦊" * 30,
    "forty lines": "\n".join(f"{n}. a line of a long poem" for n in range(40)),
    "eight words": "eight words are enough to fill a wall",
}
FAKE = """
class Fake extends EventTarget {
  static OPEN = 1;
  readyState = 1;
  constructor() { super(); window.fake = this; setTimeout(() => this.say({ type: "welcome", cursor: "e:0", recovered: true })); }
  say(frame) { this.onmessage({ data: JSON.stringify(frame) }); }
  send(text) { const { cursor } = JSON.parse(text); if (cursor) this.acked = Number(cursor.split(":")[1]); this.waiting?.(); }
  close() {}
}
window.WebSocket = Fake;
window.play = async (from, to) => {
  for (let n = from; n <= to; n++) {
    const cell = n % 6;
    const html = { [`tile-${cell}`]: `<article class="tile" id="tile-${cell}" data-state="completed" data-modality="text" aria-label="Step ${n}"><div class="tile-body"><p class="tile-text" data-fit="5">step ${n}</p></div></article>` };
    window.fake.say({ type: "event", cursor: `e:${n}`, event: "invocation.completed", data: { sequence: n }, html });
    while (n - (window.fake.acked ?? 0) >= 64) await new Promise((resolve) => (window.fake.waiting = resolve));
  }
};
"""


CUT = """() => [...document.querySelectorAll(".tile-text")].filter((text) => {
  const body = text.parentElement;
  return text.scrollHeight > body.clientHeight + 1 || text.scrollWidth > body.clientWidth + 1;
}).map((text) => text.innerText.slice(0, 30))"""


def test_every_kind_of_text_fits_a_screen_of_its_own_lying_or_upright(
    browser: Browser, web: WebServer
) -> None:
    wall = web.do("create", displays=[ALL], models=WORDS)
    run = web.do("start", network=wall["network"])
    context = browser.new_context(reduced_motion="reduce")
    page = opened(context, web.url + wall["all"])
    cut = []

    for step, (kind, text) in enumerate(TEXTS.items(), start=1):
        web.do("work", run=run, texts=[text])
        page.wait_for_selector(f".tile[aria-label^='Step {step},'][data-state=completed]")
        for width, height in ((1920, 1080), (1080, 1920), (390, 844), (3840, 1080)):
            page.set_viewport_size({"width": width, "height": height})
            cut += [(kind, width, found) for found in page.evaluate(CUT)]
    context.close()

    assert cut == []


@pytest.mark.parametrize(
    ("width", "height"), [(390, 844), (1280, 720), (1440, 900), (1080, 1920), (3840, 2160)]
)
def test_every_kind_of_text_fits_every_screen(
    browser: Browser, web: WebServer, width: int, height: int
) -> None:
    wall = web.do("create", displays=[GRID], models=WORDS)
    run = web.do("start", network=wall["network"])
    web.do("work", run=run, texts=list(TEXTS.values())[:5])
    web.do("take", run=run)
    context = browser.new_context(
        viewport={"width": width, "height": height}, reduced_motion="reduce"
    )
    page = opened(context, web.url + wall["grid"])

    cut = page.evaluate(CUT)
    moving = page.evaluate(
        "document.getAnimations().filter((a) => a.playState === 'running').length"
    )
    scrolls = page.evaluate("document.documentElement.scrollHeight > innerHeight")
    context.close()

    assert cut == []
    assert moving == 0
    assert not scrolls


def test_a_hundred_thousand_events_leave_nothing_behind(browser: Browser, web: WebServer) -> None:
    wall = web.do("create", displays=[GRID], models=WORDS)
    run = web.do("start", network=wall["network"])
    web.do("work", run=run, texts=[f"step {n}" for n in range(6)])  # now it has all its tiles
    context = browser.new_context()
    context.add_init_script(FAKE)
    page = opened(context, web.url + wall["grid"])
    meter = context.new_cdp_session(page)

    def measured() -> tuple[float, float]:
        for _ in range(3):  # what the page lets go of is held by what goes with it
            meter.send("HeapProfiler.collectGarbage")
            page.wait_for_timeout(100)
        counts = meter.send("Memory.getDOMCounters")
        return meter.send("Runtime.getHeapUsage")["usedSize"], counts["nodes"]

    page.evaluate("play(1, 5000)")
    heap, nodes = measured()
    page.evaluate("play(5001, 100000)")
    wait_for_text(page, "step 100000")
    page.wait_for_timeout(500)
    heap_after, nodes_after = measured()
    context.close()

    assert nodes_after <= nodes + 950  # one for every hundred events would be too many
    assert heap_after <= heap * 1.25 + 500_000
