"""What a film was ordered with, as its page says it."""

from __future__ import annotations

from django.test import Client
from django.utils import timezone, translation

from accounts.models import User
from films import orders
from films.option_texts import options_of_film
from invocations.models import Run
from tests.people import html_of

from .film_fixtures import Order


def test_what_was_ordered_is_said_in_the_words_of_the_form(
    owner: Client, order: Order, pictured_run: Run, alice: User
) -> None:
    clip = order("interpolate-upscale", rate=50.0, scale=4, keep_audio=False)
    shown = {"transition": "morph", "seconds": 4, "first": 0}
    of_run = orders.order_film(
        owner=alice, run=pictured_run, recipe="film-of-run", options=shown, at=timezone.now()
    )

    assert dict(options_of_film(clip)) == {
        "How pictures are made": "as time allows",
        "Keep its sound": "no",
        "Show me a small preview first": "no",
        "Pictures a second": "50",
        "Size": "four times as large",
    }
    said = dict(options_of_film(of_run))
    assert {
        "Size": "1920 \u00d7 1080",
        "From picture to picture": "they grow into each other",
        "Seconds for each picture": "4",
        "From step": "1",
    }.items() <= said.items()
    with translation.override("fr"):
        in_french = dict(options_of_film(of_run))
    assert in_french.keys().isdisjoint(said)
    assert "Size:</span> four times as large" in html_of(owner.get(f"/films/{clip.public_id}/"))
