"""The pages of films: ordering one, watching it being made, and what can be done with it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from accounts.models import User
from assets import ingest
from films import changes
from films.claims import claim_next_task
from films.estimates import FilmEstimate, estimate_film_of_run
from films.models import Film, Upload
from films.states import FilmState
from films.worker import FilmWorker
from invocations.models import Run
from invocations.states import RetentionClass
from networks.models import Network
from operations.contract import OperationResult
from tests.people import html_of

from .film_fixtures import Order, make_all, operate_here

CHOICES = {"more": "2", "larger": "", "order": "interpolate-upscale", "keep_audio": "on"}
OF_RUN = {
    "seconds": "1",
    "transition": "morph",
    "fade": "0.2",
    "shape": "16:9",
    "height": "480",
    "captions": "on",
}


def finished(film: Film, clip: Path) -> Film:
    """As if it had been made."""
    asset = ingest.store(clip, kind="video")
    Film.objects.filter(pk=film.pk).update(
        state=FilmState.COMPLETED,
        output=asset,
        chapters=[{"seconds": 0.0, "title": "a red balloon"}, {"seconds": 0.4, "title": "the sea"}],
    )
    film.refresh_from_db()
    return film


def act(client: Client, film: Film, do: str, **more: str) -> Any:
    return client.post(f"/films/{film.public_id}/act/", {"do": do, **more})


def test_clip_that_has_come_becomes_a_film(owner: Client, upload: Upload) -> None:
    answer = owner.post(
        "/films/new/", {**CHOICES, "upload": upload.public_id, "larger": "height", "height": "96"}
    )

    film = Film.objects.get()
    assert answer["Location"] == f"/films/{film.public_id}/"
    assert film.recipe == "interpolate-upscale"
    assert {"factor": 2, "height": 96, "keep_audio": True}.items() <= film.options.items()


def test_what_a_film_of_a_clip_takes_is_said_before_it_is_ordered(
    owner: Client, upload: Upload
) -> None:
    asked = {**CHOICES, "upload": upload.public_id}

    known = html_of(owner.get("/films/new/", asked))
    unknown = html_of(owner.get("/films/new/", {**CHOICES, "upload": ""}))

    assert "Making it takes about" in known
    assert "Length" not in known
    assert "is said once the clip has come" in unknown
    assert not Film.objects.exists()


def test_without_a_script_the_clip_comes_with_the_form(owner: Client, clip: Path) -> None:
    file = SimpleUploadedFile("sprite.mp4", clip.read_bytes(), "video/mp4")

    answer = owner.post("/films/new/", {**CHOICES, "clip": file})

    assert answer.status_code == 302
    assert Film.objects.get().title == "sprite.mp4"


def test_film_by_a_lesser_backend_says_so_wherever_it_is_shown(
    owner: Client, order: Order, film_worker: FilmWorker
) -> None:
    """It is finished, and never just that."""
    sentence = "The backend minterpolate did not do it: it was not there."

    def less(name: str, *arguments: Any) -> OperationResult:
        made = operate_here(name, *arguments)
        return replace(made, degraded=sentence) if name == "interpolate" else made

    film_worker._operate = less
    film = make_all(film_worker, order("interpolate"))

    page = html_of(owner.get(f"/films/{film.public_id}/"))
    answer = owner.get(f"/api/v1/films/{film.public_id}").json()
    assert film.state == FilmState.COMPLETED, film.error
    assert sentence in page
    assert {task["operation"] for task in answer["tasks"] if task["degraded"]} == {"interpolate"}
    assert sentence in [one["degraded"] for one in answer["provenance"]["operations"]]


def test_clip_that_cannot_be_used_is_refused_at_its_field(owner: Client) -> None:
    file = SimpleUploadedFile("a.mp4", b"Not a video at all.", "video/mp4")

    answer = owner.post("/films/new/", {**CHOICES, "clip": file})

    assert answer.status_code == 422
    assert "This is not a video: what came is a text." in html_of(answer)
    assert [rows.objects.count() for rows in (Film, Upload)] == [0, 0]


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({}, "Choose a clip first."),
        ({"upload": "nobodys"}, "This clip is not here any more"),
        ({"more": "", "upload": "x"}, "Say what is to be done"),
        ({"more": "rate", "upload": "x"}, "Say how many."),
    ],
)
def test_order_that_lacks_something_says_what(
    owner: Client, given: dict[str, str], sentence: str
) -> None:
    answer = owner.post("/films/new/", CHOICES | given)

    assert answer.status_code == 422
    assert sentence in html_of(answer)


def test_clip_of_somebody_else_is_not_there(other: Client, upload: Upload) -> None:
    answer = other.post("/films/new/", {**CHOICES, "upload": upload.public_id})

    assert answer.status_code == 422


def test_page_of_a_run_leads_to_its_film(owner: Client, pictured_run: Run) -> None:
    page = html_of(owner.get(pictured_run.get_absolute_url()))
    assert f"/runs/{pictured_run.public_id}/film/" in page

    asked = html_of(owner.get(f"/runs/{pictured_run.public_id}/film/", {**OF_RUN, "sound": "on"}))
    answer = owner.post(f"/runs/{pictured_run.public_id}/film/", {**OF_RUN, "title": "Balloons"})

    film = Film.objects.get()
    assert "Length" in asked
    assert "pictures)" in asked
    assert answer["Location"] == f"/films/{film.public_id}/"
    assert (film.run, film.title) == (pictured_run, "Balloons")
    assert (film.options["width"], film.options["height"]) == (854, 480)
    assert film.options["sound"] is False
    assert "Balloons" in html_of(owner.get(pictured_run.get_absolute_url()))


def test_longer_pictures_make_a_longer_film_of_more_work(alice: User, pictured_run: Run) -> None:
    def estimate(seconds: float) -> FilmEstimate:
        options = {"seconds": seconds, "width": 640, "height": 360}
        return estimate_film_of_run(pictured_run, alice, options)

    short, long = estimate(1), estimate(20)

    assert (short.seconds, long.seconds) == (short.scenes, 20 * long.scenes)
    assert long.working.seconds > short.working.seconds > 0
    assert long.bytes > short.bytes > 0
    assert not Film.objects.exists()


def test_run_without_pictures_says_why_there_is_no_film(owner: Client, run: Run) -> None:
    assert "nothing in this run" in html_of(owner.get(f"/runs/{run.public_id}/film/"))


def test_run_is_filmed_by_those_who_control_it(
    other: Client, collaborator: Client, public: Network, pictured_run: Run
) -> None:
    address = f"/runs/{pictured_run.public_id}/film/"

    assert other.get(address).status_code == 403
    assert "Make a film" not in html_of(other.get(pictured_run.get_absolute_url()))
    assert collaborator.get(address).status_code == 200


def test_list_shows_own_films_and_how_far_they_are(
    owner: Client, other: Client, order: Order
) -> None:
    film = order()

    page = html_of(owner.get("/films/"))

    assert f'id="film-progress-{film.public_id}"' in page
    assert "queued" in page
    assert film.public_id not in html_of(other.get("/films/"))
    assert other.get(f"/films/{film.public_id}/").status_code == 404


def test_buttons_lead_from_state_to_state(owner: Client, order: Order) -> None:
    film = order()

    for do, state in (
        ("pause", "paused"),
        ("resume", "queued"),
        ("cancel", "cancelled"),
        ("retry", "queued"),
    ):
        assert f'value="{do}"' in html_of(owner.get(f"/films/{film.public_id}/"))
        assert act(owner, film, do)["Location"] == f"/films/{film.public_id}/"
        film.refresh_from_db()
        assert film.state == state
    assert act(owner, film, "cancel", back="list")["Location"] == "/films/"


def test_button_that_comes_too_late_says_so(owner: Client, order: Order) -> None:
    film = order()
    changes.cancel_film(film=film, at=timezone.now())

    answer = owner.post(f"/films/{film.public_id}/act/", {"do": "pause"}, follow=True)

    assert "had gone on meanwhile" in html_of(answer)


def test_preview_waits_for_approval(owner: Client, order: Order, film_worker: FilmWorker) -> None:
    film = make_all(film_worker, order(approve=True))
    assert film.state == FilmState.WAITING_APPROVAL

    page = html_of(owner.get(f"/films/{film.public_id}/"))
    act(owner, film, "approve")

    assert film.preview is not None
    assert film.preview.url in page
    film.refresh_from_db()
    assert film.state == FilmState.QUEUED


def test_finished_film_is_played_with_its_chapters(owner: Client, order: Order, clip: Path) -> None:
    film = finished(order(), clip)

    page = html_of(owner.get(f"/films/{film.public_id}/"))

    assert film.output is not None
    assert f'src="{film.output.url}"' in page
    assert f'href="{film.output.url}#t=0.40"' in page
    assert 'download="' in page


def test_shared_page_is_for_everybody_until_it_is_revoked(
    owner: Client, stranger: Client, order: Order, clip: Path
) -> None:
    film = order()
    act(owner, film, "share")
    film.refresh_from_db()
    address = f"/films/shared/{film.share_key}/"
    before = stranger.get(address).status_code

    finished(film, clip)
    shown = stranger.get(address)
    act(owner, film, "unshare")

    assert before == 404
    assert (shown.status_code, shown["X-Robots-Tag"]) == (200, "noindex")
    assert "alice@example.org" not in html_of(shown)
    assert stranger.get(address).status_code == 404


def test_film_of_a_run_that_was_taken_back_is_not_shared(
    owner: Client, stranger: Client, pictured_run: Run, clip: Path
) -> None:
    owner.post(f"/runs/{pictured_run.public_id}/film/", OF_RUN)
    film = finished(Film.objects.get(), clip)
    key = film.share()
    assert stranger.get(f"/films/shared/{key}/").status_code == 200

    Run.objects.filter(pk=pictured_run.pk).update(withdrawn_at=timezone.now())

    assert stranger.get(f"/films/shared/{key}/").status_code == 404


def test_what_went_wrong_is_told_in_words(owner: Client, order: Order) -> None:
    film = order()
    sentence = "The backend blend needs more memory than it may have."
    Film.objects.filter(pk=film.pk).update(state=FilmState.FAILED, error=sentence)

    page = html_of(owner.get(f"/films/{film.public_id}/"))

    assert sentence in page
    assert 'value="retry"' in page
    french = html_of(owner.get(f"/films/{film.public_id}/", headers={"Accept-Language": "fr"}))
    assert "demande plus de mémoire" in french


def test_storage_shows_what_goes_before_it_goes(owner: Client, order: Order, alice: User) -> None:
    film, later = order(), order()
    changes.cancel_film(film=film, at=timezone.now())
    Film.objects.filter(pk=film.pk).update(bytes_used=5_000_000)

    now = html_of(owner.get("/films/storage/"))
    in_a_week = html_of(owner.get("/films/storage/", {"days": "7"}))
    answer = owner.post("/films/storage/", {"days": "7", "film": later.public_id})
    film.refresh_from_db()
    untouched = film.bytes_used
    owner.post("/films/storage/", {"days": "7", "film": film.public_id})

    assert f'value="{film.public_id}"' not in now
    assert f'value="{film.public_id}"' in in_a_week
    assert answer.status_code == 302
    assert untouched == 5_000_000  # it was not listed to whoever pressed the button
    film.refresh_from_db()
    assert film.bytes_used == 0


def test_clip_that_a_film_needs_stays(owner: Client, order: Order, upload: Upload) -> None:
    film = order()

    owner.post(f"/films/storage/{upload.public_id}/remove/")
    assert Upload.objects.filter(pk=upload.pk).exists()

    changes.cancel_film(film=film, at=timezone.now())
    owner.post(f"/films/storage/{upload.public_id}/remove/")
    assert not Upload.objects.filter(pk=upload.pk).exists()


def test_film_can_be_made_before_others(owner: Client, order: Order) -> None:
    film, other = order(), order()
    assert "It takes turns" in owner.get(f"/films/{other.public_id}/").text

    act(owner, other, "first")

    assert "before other films" in owner.get(f"/films/{other.public_id}/").text
    taken = claim_next_task(worker="one", at=timezone.now())
    assert taken is not None
    assert taken.film == other
    act(owner, other, "in-turn")
    taken = claim_next_task(worker="one", at=timezone.now())
    assert taken is not None
    assert taken.film == film


def test_kept_film_does_not_expire(owner: Client, order: Order) -> None:
    film = order()

    act(owner, film, "keep")
    film.refresh_from_db()
    kept = film.retention
    act(owner, film, "unkeep")
    film.refresh_from_db()

    assert (kept, film.retention) == (RetentionClass.KEPT, RetentionClass.NORMAL)


def test_deleted_film_is_gone(owner: Client, order: Order) -> None:
    film = order()

    assert act(owner, film, "delete")["Location"] == "/films/"
    assert not Film.objects.exists()
