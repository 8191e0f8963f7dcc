"""Runs as files through the API."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Mapping

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from archive.bundles import writing
from invocations.models import Invocation, Run
from networks.models import Network

from .conftest import ApiClient, code, problem


def bundle(caller: ApiClient, run: Run) -> bytes:
    answer = caller.get(f"runs/{run.public_id}/bundle")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/zip")
    assert answer.headers["Content-Disposition"].endswith(f'panic-{run.public_id}.zip"')
    return b"".join(answer)


def send(caller: ApiClient, content: bytes) -> object:
    file = SimpleUploadedFile("b.zip", content, "application/zip")
    return caller.client.post(
        "/api/v1/networks/whispers/imports", {"bundle": file}, headers=caller.headers
    )


def test_a_run_goes_out_and_comes_in(
    owner: ApiClient, run: Run, work: Callable[..., Invocation]
) -> None:
    work(run, "ä balloon")
    content = bundle(owner, run)
    owner.delete(f"runs/{run.public_id}")

    answer = send(owner, content)

    body = answer.json()  # type: ignore[attr-defined]
    assert (body["imported"], body["state"], body["usd"]) == (True, "stopped", None)
    steps = owner.get(f"runs/{body['id']}/invocations").json()["items"]
    assert [step["output"] for step in steps] == [{"text": "ä balloon"}]
    for move in ("pause", "resume", "stop"):
        assert code(owner.post(f"runs/{body['id']}/{move}")) == (409, "illegal_state")
    assert [one["id"] for one in owner.get("runs", imported=1).json()["items"]] == [body["id"]]
    assert owner.get("networks/whispers").json()["running"] is False


def test_a_bundle_may_be_larger_than_other_bodies_and_is_still_read_with_care(
    owner: ApiClient, run: Run
) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("run.json", b"x" * 3_000_000)

    answer = send(owner, stream.getvalue())

    assert code(answer) == (422, "bad_bundle")
    assert "longer than" in problem(answer)["errors"]["bundle"]


def test_costs_go_out_only_with_those_who_edit(
    owner: ApiClient, run: Run, work: Callable[..., Invocation]
) -> None:
    work(run)

    answer = owner.get(f"runs/{run.public_id}/bundle", costs=1)

    with zipfile.ZipFile(io.BytesIO(b"".join(answer))) as archive:
        assert json.loads(archive.read("run.json"))["run"]["usd"] == 0.25


def test_so_many_bundles_go_out_at_once_and_no_more(
    owner: ApiClient, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "AT_ONCE", 1)
    held = owner.get(f"runs/{run.public_id}/bundle")
    pieces = iter(held)
    next(pieces)

    refused = owner.get(f"runs/{run.public_id}/bundle")
    list(pieces)
    after = bundle(owner, run)

    assert code(refused) == (503, "busy")
    assert after.startswith(b"PK")
    assert bundle(owner, run).startswith(b"PK")


@pytest.mark.parametrize(
    ("public", "statuses"),
    [(False, (401, 403, 404, 422, 422, 422)), (True, (401, 403, 403, 422, 422, 422))],
)
def test_bundles_are_taken_in_for_those_who_control(
    callers: Mapping[str, ApiClient], run: Run, public: bool, statuses: tuple[int, ...]
) -> None:
    Network.objects.update(public=public)

    answers = [send(caller, b"no bundle") for caller in callers.values()]

    assert tuple(answer.status_code for answer in answers) == statuses  # type: ignore[attr-defined]
