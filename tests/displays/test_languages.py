"""The language of screens and terminals: what they are set to wins over the browser's."""

from __future__ import annotations

from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from django.utils import translation

from displays import installations, screens
from displays.feeds import DisplayFeed
from displays.models import Installation
from displays.wall_states import wall_state_of_network
from lib.validation import Invalid
from networks.models import Network
from realtime.access import open_feed
from realtime.feeds import Denied
from studio.feeds import NetworkFeed
from tests.people import Work, html_of

from .conftest import AddDisplay
from .test_feeds import feed_of, happened

GERMAN_OR_FRENCH = {"accept-language": "de,fr;q=0.5"}


def opened_feed(kind: Any, path: str, **names: str) -> Any:
    scope: dict[str, Any] = {
        "path": path,
        "query_string": path.partition("?")[2].encode(),
        "headers": [(b"accept-language", b"en")],
        "url_route": {"kwargs": names},
        "user": AnonymousUser(),
    }
    return async_to_sync(open_feed)(kind, scope)


def test_a_display_has_its_own_language_on_its_page_and_its_socket(
    stranger: Client, installation: Installation, add_display: AddDisplay
) -> None:
    add_display("left", language="fr")

    page = stranger.get(f"/i/{installation.public_id}/left/", headers={"accept-language": "en"})

    assert '<html lang="fr"' in html_of(page)
    assert page.headers["Content-Language"] == "fr"


@pytest.mark.django_db(transaction=True)
def test_the_sockets_of_displays_and_terminals_have_the_language_that_is_set(
    installation: Installation, add_display: AddDisplay, opened: Network
) -> None:
    add_display("left", language="fr")
    add_display("right")
    Network.objects.filter(pk=opened.pk).update(terminal_language="fr")
    slug = f"/ws/networks/{opened.slug}/"

    found = [
        opened_feed(DisplayFeed, f"/{name}", installation=installation.public_id, display=name)
        for name in ("left", "right")
    ]
    pages = [
        opened_feed(NetworkFeed, f"{slug}?view={view}", slug=opened.slug)
        for view in ("terminal", "room")
    ]

    assert [feed.language for feed in (*found, *pages)] == ["fr", "en", "fr", "en"]


def test_a_display_without_a_language_has_that_of_its_browser(
    stranger: Client, installation: Installation, add_display: AddDisplay
) -> None:
    add_display("left")

    page = stranger.get(f"/i/{installation.public_id}/left/", headers=GERMAN_OR_FRENCH)

    assert '<html lang="fr"' in html_of(page)


def test_the_sockets_of_a_display_connect_again_when_its_language_changes(
    network: Network, installation: Installation, add_display: AddDisplay
) -> None:
    feed = feed_of(add_display("left"))
    installations.change_display(installation, "left", {"language": "fr"})

    with pytest.raises(Denied):
        feed.render(happened(installation.topic, "installation.changed"))


def test_a_language_that_is_not_there_is_refused(
    installation: Installation, add_display: AddDisplay
) -> None:
    add_display("left")

    with pytest.raises(Invalid) as refused:
        installations.change_display(installation, "left", {"language": "xx"})

    assert "en, fr" in refused.value.errors["language"]


def test_a_display_of_another_type_keeps_its_language(
    installation: Installation, add_display: AddDisplay
) -> None:
    add_display("left", language="fr")

    changed = installations.change_display(
        installation, "left", {"type": "single", "stride": 1, "offsets": [0]}
    )

    assert changed.language == "fr"


def test_a_curator_chooses_the_language_of_a_display(
    owner: Client, installation: Installation, add_display: AddDisplay
) -> None:
    add_display("left")
    path = f"/installations/{installation.public_id}/displays/left/"
    form = {"name": "left", "type": "grid", "rows": "2", "columns": "3", "language": "fr"}

    assert '<option value="fr">Français</option>' in html_of(owner.get(path))
    owner.post(path, form)

    assert installation.displays.get().language == "fr"


def test_a_terminal_has_the_language_of_its_network(stranger: Client, opened: Network) -> None:
    Network.objects.filter(pk=opened.pk).update(terminal_language="fr")

    answers = [
        stranger.get(f"/n/{opened.slug}/terminal/", headers={"accept-language": "en"}),
        stranger.post(f"/n/{opened.slug}/terminal/", {"prompt": "x" * 3000}),
    ]

    assert [answer.headers["Content-Language"] for answer in answers] == ["fr", "fr"]


def test_one_wall_is_drawn_in_two_languages(
    network: Network, run: Any, work: Work, add_display: AddDisplay
) -> None:
    display = add_display()
    wall = wall_state_of_network(network)

    drawn = []
    for code in ("en", "fr", "en"):
        with translation.override(code):
            drawn.append(screens.render_notices(display, wall))

    assert drawn[0] is drawn[2]
    assert drawn[0] is not drawn[1]
