"""Export and import in the browser, by the command, and over the event loop."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from asgiref.sync import async_to_sync
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import AsyncClient, Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from archive.bundles.importing import import_run
from displays import replay
from displays.wall_states import Mode, wall_state_of_network
from invocations.models import Run
from networks.models import Network
from studio.status import status_of_network
from tests.people import Work, html_of

TAKE_IN = "/runs/import/"


def bundle(client: Client, run: Run, query: str = "") -> bytes:
    answer = client.get(reverse("runs:export", args=[run.public_id]) + query)
    assert answer.status_code == 200
    return b"".join(answer)


def sent(content: bytes, network: Network) -> dict[str, object]:
    return {"bundle": SimpleUploadedFile("b.zip", content), "network": network.slug}


def test_whoever_sees_a_run_may_keep_it_and_its_owner_what_it_cost(
    clients: Mapping[str, Client], public: Network, run: Run, work: Work
) -> None:
    work(run, usd=0.5)
    path = reverse("runs:export", args=[run.public_id])

    plain = {who: client.get(path).status_code for who, client in clients.items()}
    costs = {who: client.get(f"{path}?costs=1").status_code for who, client in clients.items()}

    assert set(plain.values()) == {200}
    assert costs == {"stranger": 403, "other": 403, "collaborator": 403, "owner": 200, "admin": 200}


def test_a_bundle_is_taken_in_by_those_who_control(
    clients: Mapping[str, Client], network: Network, run: Run, work: Work
) -> None:
    work(run, "kept words")
    content = bundle(clients["owner"], run)

    answers = {who: client.post(TAKE_IN, sent(content, network)) for who, client in clients.items()}

    statuses = {who: answer.status_code for who, answer in answers.items()}
    assert statuses == {
        "stranger": 302,
        "other": 422,
        "collaborator": 302,
        "owner": 302,
        "admin": 302,
    }
    assert "/account/sign-in/" in answers["stranger"].headers["Location"]
    page = html_of(clients["owner"].get(answers["owner"].headers["Location"]))
    assert "kept words" in page
    assert "Performed elsewhere, by a network called Whispers" in page
    assert Run.objects.filter(imported=True).count() == 3


def test_what_is_no_bundle_is_said_beside_the_field(owner: Client, network: Network) -> None:
    answer = owner.post(TAKE_IN, sent(b"no zip", network))

    assert answer.status_code == 422
    assert "This is no zip file." in html_of(answer)
    assert f'<option value="{network.slug}" selected>' in html_of(answer)


def test_an_imported_run_is_never_how_its_network_stands(
    owner: Client, network: Network, run: Run, work: Work
) -> None:
    work(run, "the live one")
    import_run(network=network, source=io.BytesIO(bundle(owner, run)), at=timezone.now())

    status = status_of_network(network)

    assert (status.run, wall_state_of_network(network).run) == (run, run)
    assert network.runs.live().get() == run
    assert "the live one" in html_of(owner.get(network.get_absolute_url()))


def test_walls_at_rest_perform_what_was_imported(
    owner: Client, alice: User, network: Network, run: Run, work: Work
) -> None:
    work(run, "from elsewhere")
    home = Network.create(alice, name="Home")
    back = import_run(network=home, source=io.BytesIO(bundle(owner, run)), at=timezone.now())
    replay.clear_cache()

    scene = wall_state_of_network(home)

    assert (scene.mode, scene.run) == (Mode.REPLAY, None)
    assert scene.moment is not None
    assert scene.moment.run == back.pk
    assert replay.steps_at(scene.moment)[0].output_text == "from elsewhere"


def test_the_command_takes_a_bundle_in(
    owner: Client, network: Network, run: Run, work: Work, tmp_path: Path
) -> None:
    work(run)
    path = tmp_path / "run.zip"
    path.write_bytes(bundle(owner, run))
    said = io.StringIO()

    call_command("import_run", str(path), network.slug, stdout=said)

    back = Run.objects.get(imported=True)
    assert said.getvalue().strip() == back.get_absolute_url()
    with pytest.raises(CommandError, match="no network"):
        call_command("import_run", str(path), "nowhere")
    path.write_bytes(b"x")
    with pytest.raises(CommandError, match="no zip file"):
        call_command("import_run", str(path), network.slug)


@pytest.mark.django_db(transaction=True)
def test_over_the_event_loop_it_comes_a_piece_at_a_time(
    public: Network, run: Run, work: Work
) -> None:
    work(run)
    path = reverse("runs:export", args=[run.public_id])

    async def fetched() -> list[bytes]:
        answer = await AsyncClient().get(path)
        return [piece async for piece in answer]  # type: ignore[attr-defined]

    pieces = async_to_sync(fetched)()

    assert len(pieces) > 3
    with zipfile.ZipFile(io.BytesIO(b"".join(pieces))) as archive_file:
        assert archive_file.testzip() is None


def test_the_page_in_a_bundle_is_in_the_language_of_whoever_exports_it(
    owner: Client, run: Run, work: Work
) -> None:
    work(run, "kept words")
    path = reverse("runs:export", args=[run.public_id])

    answers = {code: owner.get(path, headers={"accept-language": code}) for code in ("en", "fr")}
    files = {
        code: zipfile.ZipFile(io.BytesIO(b"".join(answer))) for code, answer in answers.items()
    }
    pages = {code: bundle.read("index.html").decode() for code, bundle in files.items()}

    assert ('<html lang="en">' in pages["en"], "Le prompt" in pages["en"]) == (True, False)
    assert ('<html lang="fr">' in pages["fr"], "Le prompt" in pages["fr"]) == (True, True)
