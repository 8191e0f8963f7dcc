"""The privacy notice: in every language, written by an admin, every version on record."""

from __future__ import annotations

from django.conf import settings
from django.test import Client

from accounts.models import AuditEntry
from displays import privacy
from displays.models import PrivacyNotice
from networks.models import Network
from tests.people import html_of


def test_it_says_what_is_kept_before_anybody_has_written_one(stranger: Client) -> None:
    page = html_of(stranger.get("/privacy/?next=/networks/"))

    assert "What you type is stored with the time" in page
    assert 'href="/networks/"' in page


def test_each_language_has_its_own(admin: Client, stranger: Client) -> None:
    admin.post("/account/privacy/", {"language": "en", "text": "Forgotten in the evening."})

    english = html_of(stranger.get("/privacy/"))
    french = html_of(stranger.get("/privacy/", headers={"Accept-Language": "fr"}))
    assert "Forgotten in the evening." in english
    assert "Forgotten in the evening." not in french
    assert {one.language for one in privacy.notices()} == set(dict(settings.LANGUAGES))


def test_every_version_is_kept_and_on_record(admin: Client) -> None:
    for text in ("First.", "Second."):
        admin.post("/account/privacy/", {"language": "en", "text": text})

    assert [one.text for one in PrivacyNotice.objects.order_by("version")] == ["First.", "Second."]
    entries = AuditEntry.objects.filter(action="privacy_notice.written").order_by("pk")
    assert [entry.about for entry in entries] == ["en, version 1", "en, version 2"]


def test_an_empty_text_brings_the_usual_one_back(admin: Client) -> None:
    for text in ("First.", ""):
        admin.post("/account/privacy/", {"language": "en", "text": text})

    assert privacy.notice("en").text == privacy.usual_text()


def test_nothing_in_it_can_run(admin: Client, stranger: Client, db: None) -> None:
    text = "**Bold** <script>alert(1)</script> [x](javascript:alert(1))"
    admin.post("/account/privacy/", {"language": "en", "text": text})

    page = html_of(stranger.get("/privacy/"))
    assert "<strong>Bold</strong>" in page
    assert "<script>alert" not in page
    assert 'href="javascript' not in page


def test_a_text_that_is_too_long_is_refused(admin: Client) -> None:
    answer = admin.post("/account/privacy/", {"language": "en", "text": "a" * 5_001})

    assert answer.status_code == 422
    assert not PrivacyNotice.objects.exists()


def test_a_language_that_is_not_offered_is_refused(admin: Client) -> None:
    path = "/api/v1/privacy-notices/tlh"

    answer = admin.put(path, {"text": "nuqneH"}, content_type="application/json")

    assert answer.status_code == 422


def test_the_terminal_and_the_networks_page_lead_to_it(stranger: Client, opened: Network) -> None:
    for path in (opened.get_terminal_url(), opened.get_absolute_url()):
        assert 'href="/privacy/?' in html_of(stranger.get(path))


def test_from_a_terminal_with_a_language_of_its_own_it_has_that_language(
    admin: Client, stranger: Client, opened: Network
) -> None:
    Network.objects.filter(pk=opened.pk).update(terminal_language="fr")
    admin.post("/account/privacy/", {"language": "fr", "text": "Rien ne reste."})
    page = html_of(stranger.get(opened.get_terminal_url()))

    assert 'href="/privacy/?lang=fr&amp;next=' in page
    assert "Rien ne reste." in html_of(stranger.get("/privacy/?lang=fr"))


def test_an_address_with_a_language_that_is_not_offered_has_that_of_the_browser(
    stranger: Client, db: None
) -> None:
    answers = [stranger.get(f"/privacy/?lang={code}") for code in ("de", "xx", "%00", "..")]

    assert [one.headers["Content-Language"] for one in answers] == ["en"] * 4
    assert stranger.get("/privacy/?lang=fr-ca").headers["Content-Language"] == "fr"
