"""A form that was sent after its session had ended or changed is filled in again."""

from __future__ import annotations

from playwright.sync_api import BrowserContext, Page, expect

from .screens import sign_in
from .web_server import WebServer

NOTE = "Nothing was done when you sent this"


def settings_page(context: BrowserContext, web: WebServer) -> tuple[Page, str]:
    network = web.do("create", displays=[], models=[])["network"]
    page = context.new_page()
    address = f"{web.url}/n/{network}/settings/"
    sign_in(context, web)
    page.goto(address)
    return page, address


def come_back(page: Page, context: BrowserContext, web: WebServer) -> None:
    """Sign in, and go where the sign-in page would lead, once its script has said so."""
    page.wait_for_load_state()
    way = page.locator("[data-sign-in] [name=next]").input_value()
    sign_in(context, web)
    page.goto(f"{web.url}{way}")


def test_what_was_typed_is_there_after_signing_in(context: BrowserContext, web: WebServer) -> None:
    page, address = settings_page(context, web)
    page.get_by_label("Description").fill("Written for an hour.\nTwo lines.")
    page.get_by_label("Anybody may watch").click()
    watched = page.get_by_label("Anybody may watch").is_checked()
    page.get_by_label("skip the step").check()

    context.clear_cookies(name="sessionid")
    page.locator(".settings-save button").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    come_back(page, context, web)

    expect(page).to_have_url(address)
    expect(page.get_by_text(NOTE)).to_be_in_viewport()
    expect(page.get_by_label("Description")).to_have_value("Written for an hour.\nTwo lines.")
    assert page.get_by_label("Anybody may watch").is_checked() is watched
    expect(page.get_by_label("skip the step")).to_be_checked()
    page.locator(".settings-save button").click()
    expect(page.get_by_text("Saved. The next run goes by it.")).to_be_visible()
    expect(page.get_by_text(NOTE)).to_have_count(0)


def test_a_new_network_is_not_typed_twice(context: BrowserContext, web: WebServer) -> None:
    sign_in(context, web)
    page = context.new_page()
    page.goto(f"{web.url}/networks/new/")
    page.get_by_label("Name", exact=True).fill("Typed for an hour")

    context.clear_cookies(name="sessionid")
    page.get_by_role("button", name="On to the ring").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    come_back(page, context, web)

    expect(page.get_by_label("Name", exact=True)).to_have_value("Typed for an hour")
    page.get_by_role("button", name="On to the ring").click()
    page.wait_for_url("**/n/typed-for-an-hour/edit/")


def test_a_press_after_the_session_changed_in_another_tab_is_not_lost(
    context: BrowserContext, web: WebServer
) -> None:
    page, address = settings_page(context, web)
    page.get_by_label("Description").fill("Written while another tab signed in.")
    context.clear_cookies(name="csrftoken")
    other = context.new_page()
    other.goto(f"{web.url}/account/password/")  # gives the browser another token

    page.locator(".settings-save button").click()
    page.get_by_role("link", name="Back to what you typed").click()

    expect(page).to_have_url(address)
    expect(page.get_by_text(NOTE)).to_be_in_viewport()
    expect(page.get_by_label("Description")).to_have_value("Written while another tab signed in.")
    page.locator(".settings-save button").click()
    expect(page.get_by_text("Saved. The next run goes by it.")).to_be_visible()


def test_a_form_whose_address_takes_only_forms_leads_back_to_its_page(
    context: BrowserContext, web: WebServer
) -> None:
    page, address = settings_page(context, web)
    page.locator("#share-email").fill("carol@example.org")

    context.clear_cookies(name="sessionid")
    page.get_by_role("button", name="Share", exact=True).click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    come_back(page, context, web)

    expect(page).to_have_url(address)
    expect(page.locator("#share-email")).to_have_value("carol@example.org")


def test_what_was_answered_and_what_is_secret_is_not_kept(
    context: BrowserContext, web: WebServer
) -> None:
    page, _ = settings_page(context, web)
    page.get_by_label("Description").fill("Saved at once.")
    page.locator(".settings-save button").click()
    expect(page.get_by_text("Saved. The next run goes by it.")).to_be_visible()
    page.wait_for_function("() => sessionStorage.getItem('kept form') === null")

    page.goto(f"{web.url}/account/password/")
    page.locator("[type=password]").first.fill("a secret of hers")
    context.clear_cookies(name="sessionid")
    page.locator("main form button").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()

    assert "a secret of hers" not in page.evaluate("sessionStorage.getItem('kept form')")
