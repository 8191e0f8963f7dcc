"""The ring editor in a real browser: by keyboard, by mouse, by touch, over outages, in two windows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, expect

from networks.editor import edits
from networks.rings import Slot
from tests.browser.editor_page import drag, edit, expect_ring, tab_to
from tests.browser.screens import sign_in
from tests.browser.web_server import WebServer

TO_IMAGE, TO_TEXT = "dummy:text-to-image", "dummy:image-to-text"
SOUNDS = ["dummy:text-to-audio", "dummy:audio-to-text"]


@pytest.fixture(scope="module")
def running_web(
    tmp_path_factory: pytest.TempPathFactory, stack_template: Path
) -> Iterator[WebServer]:
    """With DEBUG, so that dummy models are on offer."""
    one = WebServer(tmp_path_factory.mktemp("editor") / "data", stack_template, DEBUG="yes")
    yield one
    one.destroy()


@pytest.fixture
def context(browser: Browser, web: WebServer) -> BrowserContext:
    one = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    sign_in(one, web)
    return one


def test_a_network_is_made_mended_and_saved_with_the_keyboard_alone(
    context: BrowserContext, web: WebServer
) -> None:
    page = context.new_page()
    page.goto(f"{web.url}/networks/new/")
    expect(page.get_by_label("Name")).to_be_focused()
    page.keyboard.type("By hand")
    page.keyboard.press("Enter")
    picker = page.get_by_role("combobox", name="Add a model")
    expect(picker).to_be_focused()

    for typed in ("dummy text to im", "dummy image to au", "dummy text to te"):  # without waiting
        page.keyboard.type(typed)
        page.keyboard.press("Enter")
    expect_ring(page, "text to image", "image to audio", "text to text")
    expect(picker).to_be_focused()
    expect(picker).to_have_value("")
    said = "“Dummy image to audio” gives audio, but “Dummy text to text” takes text"
    expect(page.locator("#connection-2")).to_contain_text(said)
    expect(page.locator("#editor-announced")).to_contain_text(said)
    expect(page.locator("#editor-bar")).to_contain_text("Not saved")

    tab_to(page, "Insert Dummy audio to text")
    page.keyboard.press("Enter")
    expect_ring(page, "text to image", "image to audio", "audio to text", "text to text")
    expect(page.locator("#slot-2-handle")).to_be_focused()
    page.keyboard.press("Control+s")

    expect(page.locator("#editor-message")).to_have_text("Saved. The next run goes by it.")
    facts = page.locator(".editor-facts")
    expect(facts).to_contain_text("Saved")
    expect(facts).to_contain_text("Runnable")
    expect(facts).to_contain_text("Not running")


def test_slots_are_moved_by_keys_and_by_dragging_and_all_of_it_is_undone(
    context: BrowserContext, web: WebServer
) -> None:
    page = edit(context, web, TO_IMAGE, TO_TEXT, *SOUNDS)
    page.set_viewport_size({"width": 1280, "height": 1600})  # the whole list is in sight
    drag(page, 0, 2)
    expect_ring(page, "image to text", "text to audio", "text to image", "audio to text")
    page.get_by_role("button", name="Undo").click()
    expect_ring(page, "text to image", "image to text", "text to audio", "audio to text")

    page.locator("#slot-3-handle").focus()
    page.keyboard.press("Alt+ArrowUp")
    page.keyboard.press("Alt+ArrowUp")  # without waiting: it is the same slot that moves on
    expect_ring(page, "text to image", "audio to text", "image to text", "text to audio")
    expect(page.locator("#slot-1-handle")).to_be_focused()
    expect(page.locator("#editor-announced")).to_contain_text("moved from slot 3 to slot 2")

    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    expect_ring(page, "text to image", "image to text", "text to audio", "audio to text")
    page.keyboard.press("Control+Shift+z")
    expect_ring(page, "text to image", "image to text", "audio to text", "text to audio")
    page.reload()
    expect_ring(page, "text to image", "image to text", "audio to text", "text to audio")
    page.get_by_role("button", name="Discard").click()
    expect_ring(page, "text to image", "image to text", "text to audio", "audio to text")


def test_the_later_of_two_windows_is_told_and_may_do_it_all_the_same(
    context: BrowserContext, web: WebServer
) -> None:
    first = edit(context, web, TO_IMAGE, TO_TEXT)
    slug = first.url.split("/")[-3]
    second = edit(context, web, slug=slug)
    first.get_by_role("button", name="Duplicate slot 2").click()
    expect_ring(first, "text to image", "image to text", "image to text")

    second.get_by_role("button", name="Remove slot 1").click()

    refusal = second.locator(".editor-refused")
    expect(refusal).to_contain_text("changed in another window")
    expect_ring(second, "text to image", "image to text", "image to text")
    refusal.get_by_role("button", name="Do it all the same").click()
    expect_ring(second, "image to text", "image to text")


def test_what_is_done_while_the_server_is_dead_or_one_is_signed_out_is_not_lost(
    context: BrowserContext, web: WebServer
) -> None:
    page = edit(context, web, TO_IMAGE, TO_TEXT)
    page.on("dialog", lambda dialog: dialog.accept())  # "leave the page?"
    picker = page.get_by_role("combobox", name="Add a model")
    picker.focus()

    web.kill()
    page.keyboard.type("dummy text to te")
    page.keyboard.press("Enter")
    page.keyboard.type("dummy text to im")
    page.keyboard.press("Enter")
    expect(page.locator("#editor-unsent")).to_contain_text("2 changes wait in this browser")
    web.start()
    expect_ring(page, "text to image", "image to text", "text to text", "text to image")
    expect(page.locator("#editor-unsent")).to_be_hidden()

    context.clear_cookies(name="sessionid")
    page.keyboard.type("dummy image to te")
    page.keyboard.press("Enter")
    expect(page.locator("#editor-unsent")).to_contain_text("You are signed out")
    sign_in(context, web)
    page.get_by_role("link", name="go on here").click()

    expect_ring(
        page, "text to image", "image to text", "text to text", "text to image", "image to text"
    )


def test_settings_save_themselves_and_say_what_is_wrong_at_the_field(
    context: BrowserContext, web: WebServer
) -> None:
    page = edit(context, web, TO_IMAGE, TO_TEXT)
    page.locator("#slot-1-settings summary").click()
    delay = page.locator("#slot-1-delay_seconds")

    delay.fill("5000")
    page.keyboard.press("Tab")
    expect(page.locator("#slot-1-settings")).to_contain_text("must be 3600 or less")
    expect(delay).to_have_attribute("aria-invalid", "true")
    delay.fill("2")
    delay.press("Tab")
    expect(page.locator("#slot-1-settings .errorlist")).to_have_count(0)

    page.reload()
    expect(page.locator("#slot-1-delay_seconds")).to_have_value("2")


SHIFTED = """async (commands) => {
  const { shiftedPosition, commandWords } = await import("/static/js/editor/positions.js");
  return commands.map((fields) => [0, 1, 2, 3].map((n) => shiftedPosition(n, commandWords(fields))));
}"""


def test_waiting_commands_follow_their_slots_as_the_server_moves_them(
    context: BrowserContext, web: WebServer
) -> None:
    ring = tuple(Slot(f"any:{n}") for n in range(4))
    places = range(4)
    new = [Slot("any:new")]
    changes = [({"do": f"remove {at}"}, edits.remove(ring, at)) for at in places]
    changes += [({"do": f"duplicate {at}"}, edits.duplicate(ring, at)) for at in places]
    changes += [({"do": "add", "at": str(at)}, edits.insert(ring, at, new)) for at in places]
    changes += [
        ({"do": f"move {at} {to}"}, edits.move(ring, at, to)) for at in places for to in places
    ]
    page = edit(context, web, *SOUNDS)

    shifted = page.evaluate(SHIFTED, [fields for fields, _ in changes])

    for (fields, after), found in zip(changes, shifted, strict=True):
        expected = [after.index(slot) if slot in after else None for slot in ring]
        assert found == expected, fields


def test_without_scripts_it_is_a_page_of_forms(browser: Browser, web: WebServer) -> None:
    context = browser.new_context(java_script_enabled=False)
    sign_in(context, web)
    page = edit(context, web, TO_IMAGE)

    page.locator("#slot-0-duplicate").click()
    expect(page.locator("[data-slot]")).to_have_count(2)
    page.locator("#model").select_option(TO_TEXT)
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator("[data-slot]")).to_have_count(3)
    page.locator("#connection-1-suggestion-0").click()
    page.get_by_role("button", name="Save").click()

    expect(page.locator("#toasts")).to_contain_text("Saved. The next run goes by it.")
    expect_ring(page, "text to image", "image to text", "text to image", "image to text")
    context.close()


def test_on_a_phone_a_finger_drags_a_slot(browser: Browser, web: WebServer) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    sign_in(context, web)
    page = edit(context, web, *SOUNDS)
    page.locator("#slot-1 .slot").scroll_into_view_if_needed()
    handle = page.locator("#slot-1-handle").bounding_box()
    above = page.locator("#slot-0 .slot").bounding_box()
    assert handle
    assert above
    finger = context.new_cdp_session(page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        touched = [{"x": x, "y": y} for x, y in points]
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touched})

    x, y = handle["x"] + handle["width"] / 2, handle["y"] + handle["height"] / 2
    touch("touchStart", (x, y))
    for part in (0.3, 0.6, 1.0):
        touch("touchMove", (x, y + (above["y"] + 4 - y) * part))
    touch("touchEnd")

    expect_ring(page, "audio to text", "text to audio")
    context.close()


@pytest.mark.parametrize("width", [390, 1440])
def test_no_ring_has_a_barrier_or_scrolls_sideways(
    context: BrowserContext, web: WebServer, width: int
) -> None:
    rings = [[], ["gone:away", TO_IMAGE], [TO_IMAGE, TO_IMAGE, *SOUNDS], [TO_IMAGE, TO_TEXT] * 12]
    complaints: list[str] = []
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    for models in rings:
        page = edit(context, web, *models)
        page.set_viewport_size({"width": width, "height": 900})
        for settings in page.locator(".slot-settings summary").all()[:2]:
            settings.click()
        page.get_by_role("combobox", name="Add a model").fill("dummy")
        found = Axe().run(page).response["violations"]
        complaints += [f"{item['id']} {item['nodes'][0]['html']}" for item in found]
        if page.evaluate("document.documentElement.scrollWidth") > width:
            complaints.append(f"{len(models)} slots scroll sideways")
        page.close()

    assert complaints == []


MIDDLES = """[...document.querySelectorAll("#slot-3 .slot-moves .button, #slot-3 summary")]
.map((one) => one.getBoundingClientRect()).filter(({ width }) => width).map(({ y, height }) => y + height / 2)"""


@pytest.mark.parametrize("width", [390, 1440])
def test_the_drawing_stays_in_sight_and_opens_the_settings_of_a_slot(
    context: BrowserContext, web: WebServer, width: int
) -> None:
    page = edit(context, web, *[TO_IMAGE, TO_TEXT] * 6)
    page.set_viewport_size({"width": width, "height": 844})

    page.locator("#slot-9").scroll_into_view_if_needed()
    expect(page.locator(".ring-drawing")).to_be_in_viewport(ratio=0.6)
    page.locator("[data-shows-slot='2'] circle").click()

    expect(page.locator("#slot-2-settings")).to_have_attribute("open", "")
    expect(page.locator("#slot-2-settings summary")).to_be_focused()
    expect(page.locator("#slot-2-settings summary")).to_be_in_viewport()
    middles = page.evaluate(MIDDLES)
    assert len(middles) == 6
    assert max(middles) - min(middles) < 12  # one row
