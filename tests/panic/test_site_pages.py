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
    settings.ROOT_URLCONF = "tests.panic.style_urls"
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
    Network.create(curator, name="Horses", public=True, featured=True, open_terminal=True)

    page = client.get("/").content.decode()

    assert re.search(r'class="panic-button" href="/n/horses/terminal/"', page)


def test_the_button_leads_to_the_wall_where_a_visitor_may_only_watch(
    client: Client, curator: User
) -> None:
    Network.create(curator, name="Horses", public=True, featured=True)
    page = client.get("/").content.decode()
    client.force_login(curator)
    to_its_owner = client.get("/").content.decode()

    assert re.search(r'class="panic-button" href="/n/horses/wall/"', page)
    assert re.search(r'class="panic-button" href="/n/horses/terminal/"', to_its_owner)


def test_a_private_network_is_never_featured(client: Client, curator: User) -> None:
    Network.create(curator, name="EncryptedSecret", public=False, featured=True)

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
    assert "There is no page here" in response.content.decode()
    assert "<b>" not in response.content.decode()
    assert "urlpatterns" not in response.content.decode()


def test_a_form_without_its_token_is_explained(db: None) -> None:
    strict = Client(enforce_csrf_checks=True)

    response = strict.post("/account/sign-in/", {"username": "x", "password": "y"})

    assert response.status_code == 403
    assert "This page went stale" in response.content.decode()


def test_behind_tls_the_missing_setting_is_named_to_an_admin_and_in_the_log(
    curator: User, caplog: pytest.LogCaptureFixture
) -> None:
    Network.create(curator, name="Horses", public=True, open_terminal=True)
    seen = {}
    for name, admin in (("curator", False), ("admin", True)):
        strict = Client(enforce_csrf_checks=True)
        person = User.objects.create_user(f"{name}2@example.org", "a-horse-in-the-snow")
        User.objects.filter(pk=person.pk).update(is_staff=admin, is_superuser=admin)
        strict.force_login(User.objects.get(pk=person.pk))
        headers = {"Origin": "https://wall.example", "Host": "wall.example"}
        response = strict.post("/n/horses/terminal/", {"prompt": "x"}, headers=headers)
        assert response.status_code == 403
        assert response.headers["X-Panic"] == "csrf"
        seen[name] = response.content.decode()

    assert "PUBLIC_URL=https://wall.example" in seen["admin"]
    assert "PUBLIC_URL" not in seen["curator"]
    assert caplog.text.count("set PUBLIC_URL=https://wall.example") == 1  # not at every press


@pytest.mark.parametrize(
    ("headers", "setting"),
    [
        ({"Origin": "https://hall.example:8443", "Host": "hall.example"}, True),
        ({"Origin": "https://hall.example", "Host": "app:8000"}, False),
        (
            {
                "Origin": "https://hall.example",
                "Host": "app:8000",
                "X-Forwarded-Host": "hall.example",
            },
            True,
        ),
        ({"Origin": "https://evil.example", "Host": "hall.example"}, False),
        ({"Origin": "null", "Host": "hall.example"}, False),
        ({"Origin": "http://hall.example", "Host": "hall.example"}, False),
        ({"Origin": "https://[", "Host": "hall.example"}, False),
    ],
)
def test_a_setting_is_named_only_where_the_form_is_this_sites_own(
    db: None, headers: dict[str, str], setting: bool
) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(User.objects.create_superuser("admin@example.org", "a-horse-in-the-snow"))

    response = strict.post("/account/password/", {}, headers=headers)

    assert response.status_code == 403
    assert ("PUBLIC_URL=" in response.content.decode()) is setting


def test_a_visitor_needs_no_cookie_to_press(curator: User) -> None:
    network = Network.create(curator, name="Horses", public=True, open_terminal=True)
    strict = Client(enforce_csrf_checks=True)

    response = strict.post("/n/horses/terminal/", {"prompt": "x", "client_key": "k"})

    assert response.status_code == 422  # an empty ring runs nothing, but it was asked
    assert response.headers["X-Panic"] == "page"
    assert network.runs.count() == 0


def test_a_request_that_makes_no_sense_is_answered_in_words(rf: RequestFactory) -> None:
    response = bad_request(rf.get("/"), SuspiciousOperation("a secret of the operator"))

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
