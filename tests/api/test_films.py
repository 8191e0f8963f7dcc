"""Films over the API: ordering, following, changing."""

from __future__ import annotations

from typing import Any

from accounts.models import User
from films.models import Film
from films.worker import FilmWorker
from invocations.models import Run
from tests.films.film_fixtures import *  # noqa: F403  its fixtures
from tests.films.film_fixtures import make_all

SMALL = {"width": 96, "height": 64, "seconds": 0.5, "fade": 0.2, "rate": 15, "sound": False}


def test_a_film_of_a_run_is_ordered_followed_and_kept(
    owner: Any, pictured_run: Run, film_worker: FilmWorker
) -> None:
    body = {"recipe": "film-of-run", "run": pictured_run.public_id, "options": SMALL}
    made = owner.post("films", body)
    assert made.status_code == 201, made.json()
    begun = made.json()
    make_all(film_worker, Film.objects.get())
    done = owner.get(f"films/{begun['id']}").json()
    kept = owner.patch(f"films/{begun['id']}", {"retention": "kept", "title": "Balloons"}).json()

    assert (begun["state"], begun["progress"], begun["output"]) == ("queued", 0.0, None)
    assert begun["eta_seconds"] is not None
    assert {task["state"] for task in begun["tasks"]} == {"ready", "waiting"}
    assert (done["state"], done["progress"], done["eta_seconds"]) == ("completed", 1.0, None)
    assert (done["output"]["type"], done["output"]["width"]) == ("video/mp4", 96)
    assert {task["state"] for task in done["tasks"]} == {"completed"}
    assert not any(task["degraded"] for task in done["tasks"])
    assert done["provenance"]["run"]["id"] == pictured_run.public_id
    assert (kept["retention"], kept["title"]) == ("kept", "Balloons")


def test_what_a_film_can_become_is_said_where_it_cannot(owner: Any, pictured_run: Run) -> None:
    body = {"recipe": "film-of-run", "run": pictured_run.public_id, "options": SMALL}
    film = owner.post("films", body).json()["id"]

    refused = owner.post(f"films/{film}/approve")
    paused = owner.post(f"films/{film}/pause").json()["state"]
    resumed = owner.post(f"films/{film}/resume").json()["state"]
    cancelled = owner.post(f"films/{film}/cancel").json()["state"]
    again = owner.post(f"films/{film}/retry").json()["state"]
    removed = owner.delete(f"films/{film}")

    assert refused.status_code == 409
    assert "paused" in refused.json()["allowed"]
    assert [paused, resumed, cancelled, again] == ["paused", "queued", "cancelled", "queued"]
    assert removed.status_code == 204
    assert owner.get("films").json()["items"] == []


def test_what_is_wrong_with_an_order_is_said_for_each_field(owner: Any, run: Run) -> None:
    wrong = owner.post(
        "films", {"recipe": "film-of-run", "run": run.public_id, "options": {"rate": 7}}
    )
    neither = owner.post("films", {"recipe": "film-of-run"})
    empty = owner.post("films", {"recipe": "film-of-run", "run": run.public_id})

    assert (wrong.status_code, list(wrong.json()["errors"])) == (422, ["options.rate"])
    assert (neither.status_code, list(neither.json()["errors"])) == (422, ["run"])
    assert (empty.status_code, empty.json()["code"]) == (422, "film_refused")


def test_films_are_listed_for_those_who_may_see_them(
    owner: Any, collaborator: Any, other: Any, alice: User, pictured_run: Run
) -> None:
    body = {"recipe": "film-of-run", "run": pictured_run.public_id, "options": SMALL}
    film = owner.post("films", body).json()["id"]

    def seen(client: Any) -> list[str]:
        return [one["id"] for one in client.get("films").json()["items"]]

    assert [seen(owner), seen(collaborator), seen(other)] == [[film], [film], []]
    events = owner.get(f"events?topic=films:{alice.public_id}").json()["items"]
    assert [one["event"] for one in events] == ["film.created"]
    assert other.get(f"events?topic=films:{alice.public_id}").status_code == 404


def test_options_are_refused_in_words_of_ours(owner: Any, run: Run) -> None:
    order = {"recipe": "film-of-run", "run": run.public_id, "options": {"zzz": 1, "height": 721}}

    errors = owner.post("films", order).json()["errors"]

    assert errors == {
        "options.zzz": "There is no such field.",
        "options.height": "This must be a multiple of 2.",
    }
