"""The ring editor in a real browser: by keyboard, by mouse, by touch, over outages, in two windows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, expect

from networks import edits
from networks.rings import Slot
from tests.browsers import chromium
from tests.displays.house import House
from tests.displays.theatre import IN_A_BROWSER, sign_in
from tests.networks.easel import drag, edit, expect_ring, tab_to

pytestmark = IN_A_BROWSER
expect.set_options(timeout=20_000)  # on a busy machine
TO_IMAGE, TO_TEXT = "dummy:text-to-image", "dummy:image-to-text"
SOUNDS = ["dummy:text-to-audio", "dummy:audio-to-text"]
NAMES = "slots => slots.map((slot) => slot.dataset.name.replace('Dummy ', ''))"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, stack_template: Path) -> Iterator[House]:
    """With DEBUG, so that pretend models are on offer."""
    one = House(tmp_path_factory.mktemp("editor") / "data", stack_template, DEBUG="yes")
    one.start()
    yield one
    one.destroy()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def context(browser: Browser, house: House) -> Iterator[BrowserContext]:
    one = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    sign_in(one, house)
    yield one
    one.close()


def test_a_network_is_made_mended_and_saved_with_the_keyboard_alone(
    context: BrowserContext, house: House
) -> None:
    page = context.new_page()
    page.goto(f"{house.url}/networks/new/")
    expect(page.get_by_label("Name")).to_be_focused()
    page.keyboard.type("By hand")
    page.keyboard.press("Enter")
    finder = page.get_by_role("combobox", name="Add a model")
    expect(finder).to_be_focused()

    for typed in ("dummy text to im", "dummy image to au", "dummy text to te"):  # without waiting
        page.keyboard.type(typed)
        page.keyboard.press("Enter")
    expect_ring(page, "text to image", "image to audio", "text to text")
    expect(finder).to_be_focused()
    expect(finder).to_have_value("")
    said = "“Dummy image to audio” gives audio, but “Dummy text to text” takes text"
    expect(page.locator("#joint-2")).to_contain_text(said)
    expect(page.locator("#editor-announced")).to_contain_text(said)
    expect(page.locator("#editor-bar")).to_contain_text("Not saved")

    tab_to(page, "Bridge with Dummy audio to text")
    page.keyboard.press("Enter")
    expect_ring(page, "text to image", "image to audio", "audio to text", "text to text")
    expect(page.locator("#slot-2-grip")).to_be_focused()
    page.keyboard.press("Control+s")

    expect(page.locator("#editor-said")).to_have_text("Saved. The next run goes by it.")
    facts = page.locator(".editor-facts")
    expect(facts).to_contain_text("Saved")
    expect(facts).to_contain_text("Runnable")
    expect(facts).to_contain_text("Not running")


def test_slots_are_moved_by_keys_and_by_dragging_and_all_of_it_is_undone(
    context: BrowserContext, house: House
) -> None:
    page = edit(context, house, TO_IMAGE, TO_TEXT, *SOUNDS)
    page.set_viewport_size({"width": 1280, "height": 1600})  # the whole list is in sight
    drag(page, 0, 2)
    expect_ring(page, "image to text", "text to audio", "text to image", "audio to text")
    page.get_by_role("button", name="Undo").click()
    expect_ring(page, "text to image", "image to text", "text to audio", "audio to text")

    page.locator("#slot-3-grip").focus()
    page.keyboard.press("Alt+ArrowUp")
    page.keyboard.press("Alt+ArrowUp")  # without waiting: it is the same slot that moves on
    expect_ring(page, "text to image", "audio to text", "image to text", "text to audio")
    expect(page.locator("#slot-1-grip")).to_be_focused()
    expect(page.locator("#editor-announced")).to_contain_text("moved from slot 2 to slot 1")

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
    context: BrowserContext, house: House
) -> None:
    first = edit(context, house, TO_IMAGE, TO_TEXT)
    slug = first.url.split("/")[-3]
    second = edit(context, house, slug=slug)
    first.get_by_role("button", name="Duplicate slot 1").click()
    expect_ring(first, "text to image", "image to text", "image to text")

    second.get_by_role("button", name="Remove slot 0").click()

    refusal = second.locator(".editor-refused")
    expect(refusal).to_contain_text("changed in another window")
    expect_ring(second, "text to image", "image to text", "image to text")
    refusal.get_by_role("button", name="Do it all the same").click()
    expect_ring(second, "image to text", "image to text")


def test_what_is_done_while_the_server_is_dead_or_one_is_signed_out_is_not_lost(
    context: BrowserContext, house: House
) -> None:
    page = edit(context, house, TO_IMAGE, TO_TEXT)
    page.on("dialog", lambda dialog: dialog.accept())  # "leave the page?"
    finder = page.get_by_role("combobox", name="Add a model")
    finder.focus()

    house.kill()
    page.keyboard.type("dummy text to te")
    page.keyboard.press("Enter")
    page.keyboard.type("dummy text to im")
    page.keyboard.press("Enter")
    expect(page.locator("#editor-line")).to_contain_text("2 changes wait in this browser")
    house.start()
    expect_ring(page, "text to image", "image to text", "text to text", "text to image")
    expect(page.locator("#editor-line")).to_be_hidden()

    context.clear_cookies(name="sessionid")
    page.keyboard.type("dummy image to te")
    page.keyboard.press("Enter")
    expect(page.locator("#editor-line")).to_contain_text("You are signed out")
    sign_in(context, house)
    page.get_by_role("link", name="go on here").click()

    expect_ring(
        page, "text to image", "image to text", "text to text", "text to image", "image to text"
    )


def test_settings_save_themselves_and_say_what_is_wrong_at_the_field(
    context: BrowserContext, house: House
) -> None:
    page = edit(context, house, TO_IMAGE, TO_TEXT)
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
    assert page.locator("#slot-1-delay_seconds").input_value() == "2"


CARRIED = """async (commands) => {
  const { carry, words } = await import("/static/js/ring/places.js");
  return commands.map((fields) => [0, 1, 2, 3].map((n) => carry(n, words(fields))));
}"""


def test_waiting_commands_follow_their_slots_as_the_server_moves_them(
    context: BrowserContext, house: House
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
    page = edit(context, house, *SOUNDS)

    carried = page.evaluate(CARRIED, [fields for fields, _ in changes])

    for (fields, after), found in zip(changes, carried, strict=True):
        expected = [after.index(slot) if slot in after else None for slot in ring]
        assert found == expected, fields


def test_without_scripts_it_is_a_page_of_forms(browser: Browser, house: House) -> None:
    context = browser.new_context(java_script_enabled=False)
    sign_in(context, house)
    page = edit(context, house, TO_IMAGE)

    page.locator("#slot-0-duplicate").click()
    page.locator("#model").select_option(TO_TEXT)
    page.get_by_role("button", name="Add", exact=True).click()
    page.locator("#joint-1-way-0").click()
    page.get_by_role("button", name="Save").click()

    assert "Saved. The next run goes by it." in page.locator("#toasts").inner_text()
    assert page.locator("[data-slot]").evaluate_all(NAMES) == [
        "text to image",
        "image to text",
        "text to image",
        "image to text",
    ]
    context.close()


def test_on_a_phone_a_finger_drags_a_slot(browser: Browser, house: House) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    sign_in(context, house)
    page = edit(context, house, *SOUNDS)
    page.locator("#slot-1 .slot").scroll_into_view_if_needed()
    grip = page.locator("#slot-1-grip").bounding_box()
    above = page.locator("#slot-0 .slot").bounding_box()
    assert grip
    assert above
    finger = context.new_cdp_session(page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        touched = [{"x": x, "y": y} for x, y in points]
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touched})

    x, y = grip["x"] + grip["width"] / 2, grip["y"] + grip["height"] / 2
    touch("touchStart", (x, y))
    for part in (0.3, 0.6, 1.0):
        touch("touchMove", (x, y + (above["y"] + 4 - y) * part))
    touch("touchEnd")

    expect_ring(page, "audio to text", "text to audio")
    context.close()


@pytest.mark.parametrize("width", [390, 1440])
def test_no_ring_has_a_barrier_or_scrolls_sideways(
    context: BrowserContext, house: House, width: int
) -> None:
    rings = [[], ["gone:away", TO_IMAGE], [TO_IMAGE, TO_IMAGE, *SOUNDS], [TO_IMAGE, TO_TEXT] * 12]
    complaints: list[str] = []
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    for models in rings:
        page = edit(context, house, *models)
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
