"""The page of a run while a film of it is made: it shows that without a reload."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from .screens import sign_in
from .web_server import WebServer


@pytest.fixture
def page(context: BrowserContext, web: WebServer) -> Page:
    """Of the admin who owns the network."""
    sign_in(context, web)
    return context.new_page()


@pytest.mark.parametrize("is_over", [True, False])
def test_films_of_a_run_come_grow_and_are_finished_on_its_page(
    page: Page, web: WebServer, is_over: bool
) -> None:
    network = web.do("create", displays=[], models=["dummy:text-to-text"])["network"]
    run = web.do("start", network=network)
    web.do("work", run=run, texts=["a boat on the sea", "two boats"])
    if is_over:
        web.do("stop", run=run)
    page.goto(f"{web.url}/runs/{run}/")
    expect(page.locator("html[data-live=live]")).to_be_attached()
    films = page.locator("#run-films")
    expect(films).to_be_hidden()
    page.evaluate("window.stayed = true")

    film = web.do("film", run=run)
    bar = page.locator(f"#film-progress-{film} progress")
    expect(bar).to_have_attribute("value", "0")
    assert web.do("film_tasks", most=1) == 1
    expect(bar).not_to_have_attribute("value", "0")
    while web.do("film_tasks", most=9):
        pass

    expect(films.get_by_role("link", name="Download")).to_be_visible()
    expect(bar).to_have_count(0)
    assert page.evaluate("window.stayed")
