"""Every text is marked for translation, every language is whole, and French pages are French."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from django.conf import settings
from django.test import Client

from panic.catalogues import (
    catalogue_files,
    extract_messages,
    is_translated,
    key_of,
    read_catalogue,
)
from tests.panic.template_texts import unmarked_texts
from tests.permissions import pages
from tests.permissions.conftest import stage  # noqa: F401  a network with everything on it
from tests.permissions.scenario import Stage, rows

TEMPLATES = settings.BASE_DIR / "templates"
NOT_READ = ("components/*gallery*.html", "networks/_parameter_field_aria.html")
LANGUAGES = catalogue_files(settings.BASE_DIR / "locale")
_PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[a-z%]|\{\w*\}|<[^>]*>")


@pytest.fixture(scope="module")
def marked() -> Catalog:
    """Every text that is marked in the checkout."""
    return extract_messages(settings.BASE_DIR)


def _texts(message: Message) -> list[str]:
    """The original and each form of its translation."""
    ids = message.id if isinstance(message.id, tuple) else (message.id,)
    forms = message.string if isinstance(message.string, tuple | list) else (message.string,)
    return [*ids, *forms]


@pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("*.*")), ids=lambda path: path.name)
def test_every_text_of_a_template_is_marked(path: Path) -> None:
    if any(path.match(one) for one in NOT_READ):
        return

    assert unmarked_texts(path) == [], "docs/translations.md says how to mark them"


def test_french_has_every_text_and_no_other(marked: Catalog) -> None:
    catalogue = read_catalogue(LANGUAGES["fr"])

    wanted = {key_of(message) for message in marked if message.id}
    found = {key_of(message) for message in catalogue if message.id and is_translated(message)}

    assert wanted - found == set(), "make messages, then translate"
    assert found - wanted == set(), "make messages"


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_translation_has_the_values_and_elements_of_the_original(code: str) -> None:
    wrong = []
    for message in read_catalogue(LANGUAGES[code]):
        if not message.id:
            continue
        original, *others = (set(_PLACEHOLDER.findall(text)) for text in _texts(message))
        most = original.union(*others[:1]) if isinstance(message.id, tuple) else original
        forms = others[1:] if isinstance(message.id, tuple) else others
        wrong += [message.id for form in forms if not original <= most or form - most]
        wrong += [message.id for form in forms[-1:] if most - form]

    assert wrong == []


def _french_texts() -> list[str]:
    return [
        form
        for message in read_catalogue(LANGUAGES["fr"])
        if message.id
        for form in _texts(message)[2 if isinstance(message.id, tuple) else 1 :]
    ]


def test_french_has_one_word_for_a_run_and_one_for_a_prompt() -> None:
    others = re.compile(r"\b(exécution|invite)s?\b", re.IGNORECASE)

    assert [text for text in _french_texts() if others.search(text)] == []


def test_french_has_the_signs_of_french() -> None:
    plain = [re.sub(r"<[^>]*>", "", text) for text in _french_texts()]

    assert [text for text in plain if re.search(r"\w'\w", text)] == [], "a typographic apostrophe"
    assert [text for text in plain if re.search("[“”]|«[^\u00a0]|[^\u00a0]»", text)] == []
    assert [text for text in plain if re.search(" [;:!?]", text)] == [], "a no-break space"


class _Seen(HTMLParser):
    """The texts of a page, and the values that scripts and forms read."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.texts: set[str] = set()
        self.numbers: list[tuple[str, str, str]] = []
        self._silent = 0
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in ("script", "style", "code")
        for name, value in attrs:
            if name in ("aria-label", "title", "placeholder", "alt", "data-confirm") and value:
                self.texts.add(value)
            elif value and re.fullmatch(r"-?\d+[.,]?\d*", value):
                self.numbers.append((tag, name, value))

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in ("script", "style", "code")

    def handle_data(self, data: str) -> None:
        if not self._silent and data.strip():
            self.texts.add(" ".join(data.split()))


NAMES = {"Board", "dummy"}  # of things on the stage


def _english_texts() -> set[str]:
    """Those that are written otherwise in French."""
    catalogue = read_catalogue(LANGUAGES["fr"])
    return {one.id for one in catalogue if isinstance(one.id, str) and one.id != one.string} - NAMES


def _in_both_languages(client: Client, path: str) -> tuple[_Seen, _Seen] | None:
    """The page in English and in French; None where it is none."""
    answers = [client.get(path, headers={"accept-language": code}) for code in ("en", "fr")]
    kind = answers[1].headers.get("Content-Type", "")
    if answers[1].status_code != 200 or not kind.startswith("text/html"):
        for answer in answers:
            if answer.streaming:
                b"".join(answer)  # its file is closed at the end
        return None
    before, after = (_Seen(answer.content.decode()) for answer in answers)
    return before, after


@pytest.mark.django_db
@pytest.mark.parametrize("stage", ["public"], indirect=True)
@pytest.mark.parametrize("who", ["stranger", "owner", "admin"])
def test_no_page_in_french_has_an_english_text(stage: Stage, who: str) -> None:  # noqa: F811
    client = Client()
    if who in stage.people:
        client.force_login(stage.people[who])
    english = _english_texts()
    paths = [one.path for one in rows(pages.TABLE, named=True) if one.method == "GET"]
    shown = {path: _in_both_languages(client, path.format(**stage.places)) for path in paths}

    left = {path: both[0].texts & both[1].texts & english for path, both in shown.items() if both}
    # What scripts and forms read has a point in it, not a comma.
    numbers = {
        path: set(both[0].numbers) ^ set(both[1].numbers)
        for path, both in shown.items()
        if both and not path.startswith(("/kiosk", "/i/"))
    }

    assert {path: texts for path, texts in left.items() if texts} == {}
    assert {path: found for path, found in numbers.items() if found} == {}
