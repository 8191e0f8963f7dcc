"""Ratings, contact sheets and short addresses through the API."""

from __future__ import annotations

from collections.abc import Callable

from invocations.models import Invocation, Run

from .conftest import ApiClient, code, problem


def test_a_rating_is_given_and_taken_back(
    owner: ApiClient, collaborator: ApiClient, run: Run
) -> None:
    path = f"runs/{run.public_id}/rating"

    first = owner.send("PUT", path, {"stars": 5}).json()
    second = collaborator.send("PUT", path, {"stars": 2}).json()
    shown = owner.get(f"runs/{run.public_id}").json()
    gone = owner.delete(path).json()

    assert (first, second) == ({"rating": 5.0, "mine": 5}, {"rating": 3.5, "mine": 2})
    assert (shown["rating"], gone) == (3.5, {"rating": 2.0, "mine": None})
    assert code(owner.send("PUT", path, {"stars": 6})) == (422, "invalid")


def test_steps_are_hung_and_looked_at_by_whoever_has_the_address(
    owner: ApiClient, stranger: ApiClient, run: Run, work: Callable[..., Invocation]
) -> None:
    work(run)

    made = owner.post(f"runs/{run.public_id}/sheets", {"sequences": [1, 0, 0], "title": "Both"})
    nothing = owner.post(f"runs/{run.public_id}/sheets", {"sequences": [1]})

    body = made.json()
    assert (made.status_code, body["sequences"], body["title"]) == (201, [0], "Both")
    assert body["url"].endswith(f"/sheets/{body['id']}/")
    assert stranger.get(f"sheets/{body['id']}").json() == body
    assert "sequences" in problem(nothing)["errors"]
    assert owner.delete(f"sheets/{body['id']}").status_code == 204
    assert code(stranger.get(f"sheets/{body['id']}")) == (404, "not_found")


def test_a_step_keeps_its_short_address(owner: ApiClient, run: Run) -> None:
    path = f"invocations/{run.invocations.get().public_id}/short"

    first, again = owner.post(path).json(), owner.post(path).json()

    assert first == again
    assert first["url"].endswith(f"/r/{first['code']}")
