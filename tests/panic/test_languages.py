"""Which language a page is in, and that a new language is one file."""

from __future__ import annotations

from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po
from django.conf import settings as installed
from django.test import Client
from pytest_django.fixtures import Settings

from panic.catalogues import (
    compile_catalogues,
    extract_messages,
    is_translated,
    key_of,
    read_catalogue,
    update_catalogue,
)
from panic.languages import discover_languages
from tests.people import html_of

pytestmark = pytest.mark.django_db
FRENCH = {"accept-language": "fr-CA,fr;q=0.9,en;q=0.8"}


@pytest.fixture
def dutch(tmp_path: Path, settings: Settings) -> Path:
    """A folder of languages with one file, whose texts are the English ones with a mark."""
    path = tmp_path / "nl" / "LC_MESSAGES" / "django.po"
    path.parent.mkdir(parents=True)
    catalogue = Catalog(locale="nl", charset="utf-8", fuzzy=False)
    for message in extract_messages(installed.BASE_DIR):
        if message.id:
            shown = message.id if isinstance(message.id, tuple) else (message.id,)
            marked = tuple(f"⟦{text}⟧" for text in shown)
            string = marked if isinstance(message.id, tuple) else marked[0]
            catalogue.add(message.id, string, context=message.context)
    with path.open("wb") as file:
        write_po(file, catalogue)
    compile_catalogues(tmp_path)
    settings.LOCALE_PATHS = [tmp_path]
    settings.LANGUAGES = discover_languages(tmp_path)
    return path


def compile_again(path: Path) -> list[Path]:
    path.with_suffix(".mo").unlink()
    return compile_catalogues(path.parents[2])


def test_a_page_is_in_the_language_of_the_browser(stranger: Client) -> None:
    page = stranger.get("/about/", headers=FRENCH)

    assert page.headers["Content-Language"] == "fr"
    assert '<html lang="fr"' in html_of(page)
    assert "Aller au contenu" in html_of(page)


def test_a_language_that_is_not_there_is_answered_in_english(stranger: Client) -> None:
    page = stranger.get("/about/", headers={"accept-language": "xx"})

    assert '<html lang="en"' in html_of(page)
    assert "Skip to the content" in html_of(page)


def test_a_language_that_was_chosen_wins_over_the_browser_s(stranger: Client) -> None:
    answer = stranger.post("/language/", {"language": "fr", "next": "/about/"})
    page = stranger.get("/about/", headers={"accept-language": "en"})

    assert (answer.status_code, answer.headers["Location"]) == (302, "/about/")
    assert answer.cookies["language"]["httponly"]
    assert '<html lang="fr"' in html_of(page)


def test_choosing_a_language_leads_to_no_other_site(stranger: Client) -> None:
    answer = stranger.post("/language/", {"language": "fr", "next": "https://example.org/"})

    assert answer.headers["Location"] == "/"


def test_each_page_offers_every_language_by_its_own_name(owner: Client) -> None:
    for path in ("/", "/about/", "/account/", "/nowhere/"):
        page = html_of(owner.get(path, headers=FRENCH))

        assert '<button class="footer-button" name="language" value="en" lang="en">English<' in page
        assert 'lang="fr" aria-current="true">Français<' in page


def test_caches_are_told_what_the_language_of_a_page_depends_on(stranger: Client) -> None:
    page = stranger.get("/about/")

    assert {"Accept-Language", "Cookie"} <= set(page.headers["Vary"].split(", "))


def test_who_only_reads_gets_no_cookie(stranger: Client) -> None:
    assert not stranger.get("/about/").cookies


def test_data_is_the_same_in_every_language(stranger: Client) -> None:
    answer = stranger.get("/healthz", headers=FRENCH)

    assert "Content-Language" not in answer.headers
    assert "Accept-Language" not in answer.headers.get("Vary", "")


def test_the_error_page_of_last_resort_is_translated_too(
    stranger: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise RuntimeError

    stranger.raise_request_exception = False
    monkeypatch.setattr("panic.views.featured_network", fail)

    answers = [stranger.get("/about/", headers={"accept-language": one}) for one in ("en", "fr")]

    assert ['lang="en"' in html_of(answers[0]), 'lang="fr"' in html_of(answers[1])] == [True, True]


def test_a_language_is_added_by_one_file(dutch: Path, stranger: Client) -> None:
    page = html_of(stranger.get("/about/", headers={"accept-language": "nl"}))

    assert '<html lang="nl"' in page
    assert "⟦Skip to the content⟧" in page
    assert 'lang="nl" aria-current="true">Nederlands<' in page


def test_what_a_language_lacks_is_shown_in_english(dutch: Path, stranger: Client) -> None:
    catalogue = read_catalogue(dutch)
    catalogue.delete("Skip to the content")
    with dutch.open("wb") as file:
        write_po(file, catalogue)
    compile_again(dutch)

    page = html_of(stranger.get("/about/", headers={"accept-language": "nl"}))

    assert ">Skip to the content<" in page
    assert "⟦The models⟧" in page


def test_a_catalogue_is_compiled_once(dutch: Path) -> None:
    assert compile_again(dutch) == [dutch.with_suffix(".mo")]
    assert compile_catalogues(dutch.parents[2]) == []


def test_updating_keeps_translations_and_takes_those_of_another_file(tmp_path: Path) -> None:
    path = tmp_path / "nl" / "LC_MESSAGES" / "django.po"
    path.parent.mkdir(parents=True)
    path.write_text('msgid ""\nmsgstr ""\n\nmsgid "kept"\nmsgstr "behouden"\n')
    template, other = Catalog(), Catalog()
    for text in ("kept", "new", "taken"):
        template.add(text)
    taken = other.add("taken", "genomen")

    missing = update_catalogue(path, template, {key_of(taken): taken})

    with path.open("rb") as file:
        found = {one.id: one.string for one in read_po(file) if one.id}
    assert missing == 1
    assert found == {"kept": "behouden", "new": "", "taken": "genomen"}


def test_a_doubtful_translation_counts_as_none() -> None:
    catalogue = Catalog()

    assert is_translated(catalogue.add("one", "een"))
    assert not is_translated(catalogue.add("two", "twee", flags=["fuzzy"]))
    assert not is_translated(catalogue.add(("a", "b"), ("een", "")))
