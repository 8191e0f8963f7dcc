"""Behind a proxy that ends TLS, with the settings for it and without."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.certificates import self_signed
from tests.browser.faults import Proxy
from tests.browser.screens import ALL, WORDS
from tests.browser.web_server import WebServer

Start = Callable[..., tuple[WebServer, Proxy]]


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    return self_signed(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def start(tmp_path: Path, stack_template: Path, tls: ssl.SSLContext) -> Iterator[Start]:
    """A web process with these settings, and the proxy before it."""
    started: list[tuple[WebServer, Proxy]] = []

    def start_both(**environment: str) -> tuple[WebServer, Proxy]:
        web = WebServer(tmp_path / f"data{len(started)}", stack_template, **environment)
        web.start()
        proxy = Proxy(web.port, tls).__enter__()
        started.append((web, proxy))
        return web, proxy

    yield start_both
    for web, proxy in started:
        proxy.__exit__()
        web.destroy()


@pytest.fixture
def trusting(browser: Browser) -> Iterator[BrowserContext]:
    one = browser.new_context(ignore_https_errors=True)
    yield one
    one.close()


def sign_in_over_tls(page: Page, web: WebServer, proxy: Proxy) -> None:
    page.context.add_cookies([{"name": "sessionid", "value": web.do("session"), "url": proxy.url}])


def test_behind_a_trusted_proxy_everything_works_without_another_setting(
    start: Start, trusting: BrowserContext
) -> None:
    web, proxy = start(TRUSTED_PROXIES="127.0.0.1")
    wall = web.do("create", displays=[ALL], models=WORDS)
    page = trusting.new_page()
    sign_in_over_tls(page, web, proxy)
    page.goto(f"{proxy.url}/n/{wall['network']}/terminal/")
    page.wait_for_selector("html[data-live=live]")
    page.fill("#prompt", "words over TLS")
    page.click(".panic-button")
    expect(page.locator("#terminal-now")).to_contain_text("words over TLS")

    page.goto(f"{proxy.url}/n/{wall['network']}/settings/")
    page.get_by_label("Description").fill("Saved over TLS.")
    page.locator(".settings-save button").click()
    expect(page.get_by_text("Saved. The next run goes by it.")).to_be_visible()
    assert proxy.url in page.content()  # the address it tells people is the one they can follow


def test_without_a_setting_an_admin_is_told_which_one_is_missing(
    start: Start, trusting: BrowserContext
) -> None:
    web, proxy = start()
    wall = web.do("create", displays=[ALL], models=WORDS)
    page = trusting.new_page()
    sign_in_over_tls(page, web, proxy)
    loads: list[str] = []
    page.on("load", lambda page: loads.append(page.url))
    page.goto(f"{proxy.url}/n/{wall['network']}/terminal/")
    page.fill("#prompt", "words of an admin")
    page.click(".panic-button")

    refusal = page.locator("#terminal-refusal")
    expect(refusal).to_contain_text(f"PUBLIC_URL={proxy.url}")
    assert page.input_value("#prompt") == "words of an admin"
    assert len(loads) == 1
    assert f"set PUBLIC_URL={proxy.url}" in web.log.read_text()
    assert "set TRUSTED_PROXIES=127.0.0.1" in web.log.read_text()


def test_with_the_public_address_everything_works_too(
    start: Start, trusting: BrowserContext
) -> None:
    web, proxy = start(PUBLIC_URL="https://127.0.0.1:1")  # another port than the proxy's: nobody's
    web.kill()
    web.environment["PUBLIC_URL"] = proxy.url
    web.start()
    page = trusting.new_page()
    page.goto(f"{proxy.url}/account/sign-in/")
    page.get_by_label("E-mail").fill("nobody@example.org")
    page.get_by_label("Password").fill("wrong")
    page.locator("main form button").click()

    expect(page.get_by_text("do not go together")).to_be_visible()
    cookies = {cookie["name"]: cookie for cookie in trusting.cookies()}
    assert cookies["csrftoken"]["secure"]
