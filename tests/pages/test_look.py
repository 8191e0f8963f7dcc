"""The pages that belong to nobody in particular, and what goes for every page."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256

import pytest
from django.core.exceptions import SuspiciousOperation
from django.test import Client, RequestFactory
from django.views.defaults import bad_request
from pytest_django import Settings

from accounts.models import User
from networks.models import Network

PAGES = [
    "/",
    "/about/",
    "/account/sign-in/",
    "/account/password/forgotten/",
    "/style/",
    "/style/?part=wall",
    "/style/?part=control",
]


@pytest.fixture
def styled(settings: Settings, client: Client, db: None) -> Client:
    settings.ROOT_URLCONF = "tests.pages.look_urls"
    client.raise_request_exception = False
    return client


@pytest.fixture
def curator(db: None) -> User:
    return User.objects.create_user("curator@example.org", "a-horse-in-the-snow")


def test_the_button_leads_to_the_list_while_nothing_is_featured(client: Client, db: None) -> None:
    page = client.get("/").content.decode()

    assert re.search(r'class="panic-button" href="/networks/"', page)


def test_the_button_leads_to_the_terminal_of_the_featured_network(
    client: Client, curator: User
) -> None:
    Network.create(curator, name="Horses", public=True, featured=True)

    page = client.get("/").content.decode()

    assert re.search(r'class="panic-button" href="/n/horses/terminal/"', page)


def test_a_private_network_is_never_featured(client: Client, curator: User) -> None:
    Network.create(curator, name="Secret", public=False, featured=True)

    page = client.get("/").content.decode()

    assert "secret" not in page.lower()


@pytest.mark.parametrize("address", PAGES)
def test_a_page_needs_no_inline_style_or_script(styled: Client, address: str) -> None:
    page = styled.get(address).content.decode()

    assert not re.search(r"<style|\sstyle=|\son[a-z]+=", page)
    assert not re.search(r"<script(?![^>]*\ssrc=)", page)
    assert "'unsafe-inline'" not in styled.get(address)["Content-Security-Policy"]


@pytest.mark.parametrize("address", PAGES)
def test_a_page_has_one_main_one_heading_and_a_title(styled: Client, address: str) -> None:
    page = styled.get(address).content.decode()

    assert page.count("<main") == 1
    assert len(re.findall(r"<h1[ >]", page)) == 1
    assert re.search(r"<title>\s*\S", page)
    assert '<html lang="en"' in page


def test_the_style_page_is_not_there_without_debug(client: Client, db: None) -> None:
    assert client.get("/style/").status_code == 404


def test_mission_control_is_offered_to_admins_only(client: Client, curator: User) -> None:
    client.force_login(curator)
    hers = client.get("/about/").content.decode()
    client.force_login(User.objects.create_superuser("admin@example.org", "a-horse-in-the-snow"))
    his = client.get("/about/").content.decode()

    assert "Mission control" not in hers
    assert "Mission control" in his


def test_a_page_that_is_not_there_says_so_kindly(client: Client, db: None) -> None:
    response = client.get("/not/<b>there</b>/")

    assert response.status_code == 404
    assert "Nothing hangs here" in response.content.decode()
    assert "<b>" not in response.content.decode()
    assert "urlpatterns" not in response.content.decode()


def test_a_form_without_its_token_is_explained(db: None) -> None:
    strict = Client(enforce_csrf_checks=True)

    response = strict.post("/account/sign-in/", {"username": "x", "password": "y"})

    assert response.status_code == 403
    assert "This page went stale" in response.content.decode()


def test_a_request_that_makes_no_sense_is_answered_in_words(rf: RequestFactory) -> None:
    response = bad_request(rf.get("/"), SuspiciousOperation("the secret of the house"))

    assert response.status_code == 400
    assert "made no sense" in response.content.decode()
    assert "secret" not in response.content.decode()


def test_a_breakdown_is_owned_up_to_and_leaks_nothing(
    styled: Client, caplog: pytest.LogCaptureFixture
) -> None:
    response = styled.get("/break/")

    page = response.content.decode()
    assert response.status_code == 500
    assert "it was us" in page
    assert "secret" not in page
    assert "Traceback" not in page


def test_the_breakdown_page_needs_nothing_else_and_may_style_itself(styled: Client) -> None:
    response = styled.get("/break/")

    page = response.content.decode()
    style = page.partition("<style>")[2].partition("</style>")[0]
    digest = b64encode(sha256(style.encode()).digest()).decode()
    assert f"'sha256-{digest}'" in response["Content-Security-Policy"]
    assert not re.search(r"<link|<script|src=", page)
