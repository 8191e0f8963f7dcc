"""The pages of servers and boards in a real browser: no barrier, nothing that scrolls sideways."""

from __future__ import annotations

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings as configured
from django.test import Client
from playwright.sync_api import Browser
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from credentials.models import Server, UploadedWorkflow
from displays import boards
from displays.models.board import Board
from panic.management.commands import build_fonts
from platforms.comfy import workflow
from tests.platforms.flows import exported


@pytest.fixture
def site(live_server: LiveServer, settings: Settings, tmp_path: Path) -> str:
    build_fonts.build(configured.DATA_DIR / "fonts")
    settings.DATA_DIR = tmp_path
    return live_server.url


@pytest.fixture
def addresses(site: str) -> tuple[list[str], Client]:
    """Every page with something on it, and who may see it."""
    admin = User.objects.create_superuser("root@example.org")
    rack = Server.add(kind="comfyui", name="Rack", address="http://10.0.0.2:8188")
    box = Server.add(kind="compatible", name="The server in the rack", address="http://10.0.0.3/v1")
    Server.objects.filter(pk=box.pk).update(
        problem="nobody listens at its address.", listed=[{"id": f"model-{n}"} for n in range(9)]
    )
    found = workflow.read(exported())
    flow = UploadedWorkflow.add(found, name="Engraving", server=rack, deadline_seconds=60)
    board = boards.add(owner=admin, name="panic_1", key="k")
    Board.objects.update(problem="Vestaboard does not accept the key (401).", waiting="a moth")
    client = Client()
    client.force_login(admin)
    servers = "/mission-control/servers/"
    pages = [servers, f"{servers}{rack.public_id}/", f"{servers}{box.public_id}/"]
    pages.append(f"{servers}workflow/{flow.public_id}/")
    return [*pages, "/account/boards/", f"/account/boards/{board.public_id}/"], client


@pytest.mark.parametrize("width", [390, 1440])
def test_no_page_has_a_barrier_or_scrolls_sideways(
    browser: Browser, site: str, addresses: tuple[list[str], Client], width: int
) -> None:
    pages, client = addresses
    page = browser.new_page(viewport={"width": width, "height": 900}, reduced_motion="reduce")
    session = client.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": session, "url": site}])
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))

    for address in pages:
        answer = page.goto(site + address)
        assert answer
        assert answer.status == 200
        found = Axe().run(page).response["violations"]
        complaints += [f"{address} {item['id']} {item['nodes'][0]['html']}" for item in found]
        if page.evaluate("document.documentElement.scrollWidth") > width:
            complaints.append(f"{address} scrolls sideways")
    page.close()

    assert complaints == []
