"""A run leaves as a bundle and comes back the same; what anybody else packs is not believed."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from assets import ingest
from assets.models import Asset
from invocations import removal, runs
from invocations.bundles import layout, reading, writing
from invocations.bundles.reading import BadBundle
from invocations.bundles.taking_in import import_run
from invocations.models import Attempt, Invocation, Run, Spending
from networks.models import Network
from networks.rings import Slot
from tests.assets import samples

AT = timezone.now()
STEP_FIELDS = (
    "sequence",
    "slot",
    "model",
    "state",
    "input_text",
    "input_asset__sha256",
    "output_text",
    "output_asset__sha256",
    "substituted",
    "fallen_back",
    "error_code",
    "created_at",
    "started_at",
    "ended_at",
    "seconds",
)


@pytest.fixture
def network(db: None) -> Network:
    alice = User.objects.create_user("alice@example.org")
    slots = [Slot("dummy:text-to-image").as_json(), Slot("dummy:image-to-text").as_json()]
    return Network.create(alice, name="Whispers", slots=slots)


@pytest.fixture
def run(network: Network) -> Run:
    """Over, with words, a picture, a sound and a step that failed."""
    picture = ingest.store(samples.image("PNG"), kind="image")
    sound = ingest.store(samples.sound("wav"), kind="audio")
    made = Run.objects.create(
        network=network,
        prompt="a <red> “balloon”\n& more",
        ring=network.slots,
        state="failed",
        reason="error",
        detail="secret detail",
        usd=0.75,
        lockout_until=AT,
        ended_at=AT,
    )
    shared = {"run": made, "network": network, "created_at": AT, "started_at": AT, "ended_at": AT}
    rows: list[dict[str, Any]] = [
        {"input_text": made.prompt, "output_asset": picture, "seconds": 1.5, "usd": 0.5},
        {"input_asset": picture, "output_text": "ä balloon", "substituted": True},
        {"input_text": "ä balloon", "output_asset": sound, "fallen_back": True},
        {"input_asset": sound, "state": "failed", "error_code": "refused", "error_detail": "key!"},
    ]
    for n, row in enumerate(rows):
        step = {"state": "completed", "model": "dummy:text-to-image", "slot": n % 2, "sequence": n}
        Invocation.objects.create(**{**shared, **step, **row})
    Attempt.objects.create(
        invocation=made.invocations.get(sequence=0),
        network=network,
        number=1,
        platform="dummy",
        worker="secret worker",
        idempotency_key="secret key",
        parameters={"secret": 1},
        lease_until=AT,
        outcome="completed",
    )
    return made


def bundle_of(run: Run, **given: Any) -> io.BytesIO:
    return io.BytesIO(b"".join(writing.pieces(run, at=AT, **given)))


def unpacked(bundle: io.BytesIO) -> dict[str, bytes]:
    with zipfile.ZipFile(bundle) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def packed(files: dict[str, bytes], **given: Any) -> io.BytesIO:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", **given) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream


def steps_of(run: Run) -> list[Any]:
    return list(run.invocations.in_order().values_list(*STEP_FIELDS))


def test_a_run_that_left_was_deleted_and_came_back_is_the_same(run: Run, network: Network) -> None:
    before, bundle, origin = steps_of(run), bundle_of(run), run.public_id
    removal.delete_run(run=run, at=AT)

    back = import_run(network=network, source=bundle, at=timezone.now())

    back.refresh_from_db()
    assert steps_of(back) == before
    assert (back.prompt, back.state, back.ring) == (run.prompt, "failed", run.ring)
    assert (back.imported, back.usd, back.public_id != origin) == (True, None, True)
    assert back.provenance is not None
    assert (back.provenance["run"], back.provenance["network"]) == (origin, "Whispers")
    assert not Attempt.objects.exists()
    assert not Spending.objects.exists()


def test_a_bundle_is_a_record_a_page_and_the_media(run: Run) -> None:
    files = unpacked(bundle_of(run))

    record = json.loads(files["run.json"])
    media = {name for name in files if name.startswith("media/")}
    page = files["index.html"].decode()
    assert (record["format"], record["version"]) == ("panic-run", 1)
    assert [step["sequence"] for step in record["invocations"]] == [0, 1, 2, 3]
    assert all(sha256(files[name]).hexdigest() in name for name in media)
    assert len(media) == 2
    assert all(f'src="{name}"' in page for name in media)
    assert "a &lt;red&gt; “balloon”" in page
    assert "<script" not in page
    assert "http" not in page.replace("http-equiv", "")


def test_secrets_stay_here_and_costs_go_only_where_they_may(run: Run) -> None:
    plain = b"".join(unpacked(bundle_of(run)).values())
    told = json.loads(unpacked(bundle_of(run, costs=True))["run.json"])

    assert b"secret" not in plain
    assert b"key!" not in plain
    assert b"usd" not in plain
    assert (told["run"]["usd"], told["invocations"][0]["usd"]) == (0.75, 0.5)


def test_a_run_under_way_leaves_as_far_as_it_has_come(network: Network) -> None:
    live = runs.start_run(network=network, prompt="a moth", at=AT).run

    back = import_run(network=network, source=bundle_of(live), at=timezone.now())

    assert (back.state, back.invocations.count()) == ("stopped", 0)
    assert network.runs.live().get() == live


def test_a_bundle_is_made_a_piece_at_a_time(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "BATCH", 1)
    pieces = list(writing.pieces(run, at=AT))

    assert len(pieces) > 8
    assert steps_of(import_run(network=run.network, source=io.BytesIO(b"".join(pieces)), at=AT))
    assert max(map(len, pieces)) < 300_000


def test_what_the_storage_has_lost_is_left_out(run: Run) -> None:
    asset = Asset.objects.get(kind="image")
    with asset.path() as path:
        path.unlink()

    files = unpacked(bundle_of(run))

    assert {name for name in files if name.startswith("media/")} == {
        layout.name_of(Asset.objects.get(kind="audio"))
    }
    ingest.store(samples.image("PNG"), kind="image")


Spoil = Callable[[dict[str, Any]], object]


def _step(n: int, **changed: Any) -> Spoil:
    return lambda record: record["invocations"][n].update(changed)


def _run(**changed: Any) -> Spoil:
    return lambda record: record["run"].update(changed)


FORGERIES: dict[str, tuple[Spoil, str]] = {
    "another format": (lambda record: record.update(format="x"), "not the record"),
    "another version": (lambda record: record.update(version=2), "another version"),
    "no prompt": (_run(prompt=""), "prompt"),
    "a long prompt": (_run(prompt="x" * 20_001), "prompt"),
    "a prompt with NUL": (_run(prompt="a\x00b"), "not text"),
    "half a sign": (_run(prompt="a\ud800b"), "prompt"),
    "no ring": (_run(ring="x"), "ring"),
    "no slots": (_run(ring=[]), "slot"),
    "a slot without model": (_run(ring=[{}]), "ring"),
    "an id with a path": (_run(id="../../etc/passwd"), "id"),
    "a network of many lines": (_run(network={"name": "a\nb"}), "network"),
    "a year that was not": (_run(created_at="0001-01-01T00:00:00Z"), "created_at"),
    "a time without offset": (_run(created_at="2026-01-01T00:00:00"), "created_at"),
    "a live step": (_step(1, state="ready"), "over"),
    "a state of its own": (_step(1, state="dancing"), "state"),
    "an output that failed": (_step(3, output={"text": "x"}), "output"),
    "no output": (_step(0, output=None), "output"),
    "both": (_step(1, output={"text": "x", "media": {"file": "x", "kind": "image"}}), "output"),
    "a step twice": (_step(1, sequence=0), "Step 1"),
    "a step from nowhere": (_step(1, sequence=10**30), "sequence"),
    "a slot too far": (_step(1, slot=7), "slot"),
    "a negative slot": (_step(1, slot=-1), "slot"),
    "endless seconds": (_step(1, seconds=1e999), "no JSON|seconds"),
    "a path out": (
        _step(0, output={"media": {"file": "media/../../x.png", "kind": "image"}}),
        "SHA-256",
    ),
    "media that are not there": (
        _step(0, output={"media": {"file": f"media/{'0' * 64}.png", "kind": "image"}}),
        "missing",
    ),
    "deep parameters": (
        _run(ring=[{"model": "x", "parameters": json.loads('{"a":' * 400 + "1" + "}" * 400)}] * 2),
        "",
    ),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_record_that_is_not_as_it_should_be_is_refused_whole(run: Run, forgery: str) -> None:
    spoil, complaint = FORGERIES[forgery]
    files = unpacked(bundle_of(run))
    record = json.loads(files["run.json"])
    spoil(record)
    files["run.json"] = written(record)

    if complaint:
        with pytest.raises(BadBundle, match=complaint):
            import_run(network=run.network, source=packed(files), at=AT)
        assert Run.objects.count() == 1
    else:
        import_run(network=run.network, source=packed(files), at=AT)


def written(record: dict[str, Any]) -> bytes:
    """As the format has it: a line for the run, one for each step."""
    steps = record.pop("invocations")
    head = json.dumps(record)[:-1] + ', "invocations": ['
    return "\n".join([head, ",\n".join(map(json.dumps, steps)), "]}"]).encode()


RECORDS = {
    "nothing": b"",
    "no JSON": b"PK",
    "no end": b'{"format": "panic-run", "version": 1, "invocations": [\n',
    "a list": b"[\n]}",
    "depth": b'{"a": ' + b"[" * 100_000 + b"\n]}",
    "a long line": b'{"a": "' + b"x" * layout.LINE_MOST + b'", "invocations": [\n]}',
    "not UTF-8": b'{"a": "\xff", "invocations": [\n]}',
}


@pytest.mark.parametrize("record", RECORDS)
def test_what_is_no_record_is_refused(network: Network, record: str) -> None:
    with pytest.raises(BadBundle):
        import_run(network=network, source=packed({"run.json": RECORDS[record]}), at=AT)


def test_what_comes_after_the_end_is_refused(run: Run) -> None:
    files = unpacked(bundle_of(run))
    files["run.json"] += b'{"sequence": 4}\n'

    with pytest.raises(BadBundle, match="after its end"):
        import_run(network=run.network, source=packed(files), at=AT)


@pytest.mark.parametrize(
    "name", ["../run.json", "/etc/passwd", "media/x.png", "media/", "run.json/", "RUN.JSON", "a\\b"]
)
def test_what_does_not_belong_is_refused_and_never_unpacked(run: Run, name: str) -> None:
    files = unpacked(bundle_of(run)) | {name: b"x"}

    with pytest.raises(BadBundle, match="does not belong"):
        import_run(network=run.network, source=packed(files), at=AT)


def test_media_that_are_not_what_their_names_say_are_refused(run: Run) -> None:
    files = unpacked(bundle_of(run))
    names = [name for name in files if name.startswith("media/")]
    forged = files | {names[0]: files[names[1]]}
    stored = Asset.objects.count()

    with pytest.raises(BadBundle, match="not what its name says"):
        import_run(network=run.network, source=packed(forged), at=AT)

    assert (Run.objects.count(), Asset.objects.count()) == (1, stored)


def test_media_of_another_kind_or_of_none_are_refused(run: Run) -> None:
    files = unpacked(bundle_of(run))
    program = b"<svg onload='alert(1)'/>"
    name = f"media/{sha256(program).hexdigest()}.png"
    record = json.loads(files["run.json"])
    record["invocations"][0]["output"]["media"] = {"file": name, "kind": "image"}
    spoilt = files | {name: program, "run.json": written(record)}
    swapped = json.loads(files["run.json"])
    swapped["invocations"][2]["output"]["media"]["kind"] = "image"
    swapped["invocations"][3]["input"]["media"]["kind"] = "image"

    with pytest.raises(BadBundle, match="not taken in"):
        import_run(network=run.network, source=packed(spoilt), at=AT)
    with pytest.raises(BadBundle, match="not taken in"):
        import_run(
            network=run.network,
            source=packed(files | {"run.json": written(swapped)}),
            at=AT,
        )
    assert Run.objects.count() == 1


def test_what_is_no_zip_file_or_a_broken_one_is_refused(run: Run) -> None:
    whole = bundle_of(run).getvalue()
    middle = bytearray(whole)
    middle[200:260] = bytes(60)

    for content in (b"", b"PK", b"x" * 5000, whole[: len(whole) // 2], whole[:-10], bytes(middle)):
        with pytest.raises(BadBundle):
            import_run(network=run.network, source=io.BytesIO(content), at=AT)


def test_a_zip_bomb_is_not_unpacked(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "RECORD_MOST", 50_000)
    files = unpacked(bundle_of(run))
    bomb = files | {"run.json": b" " * 10_000_000}

    with pytest.raises(BadBundle, match="too large"):
        import_run(
            network=run.network, source=packed(bomb, compression=zipfile.ZIP_DEFLATED), at=AT
        )


def test_a_record_that_unpacks_to_more_than_it_says_is_refused(run: Run) -> None:
    stream = packed({"run.json": b" " * 5_000_000}, compression=zipfile.ZIP_DEFLATED).getvalue()
    lie = stream.replace(struct.pack("<L", 5_000_000), struct.pack("<L", 100))

    with pytest.raises(BadBundle):
        import_run(network=run.network, source=io.BytesIO(lie), at=AT)


def test_a_list_of_contents_that_fills_the_memory_is_not_read(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "DIRECTORY_MOST", 100)

    with pytest.raises(BadBundle, match="too much"):
        import_run(network=run.network, source=bundle_of(run), at=AT)


def test_encrypted_doubled_and_oddly_packed_things_are_refused(run: Run) -> None:
    files = unpacked(bundle_of(run))
    odd = packed(files, compression=zipfile.ZIP_LZMA)
    twice = packed(files)
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(twice, "a") as archive:
        archive.writestr("run.json", b"{}")

    with pytest.raises(BadBundle, match="packed in a way"):
        import_run(network=run.network, source=odd, at=AT)
    with pytest.raises(BadBundle, match="twice"):
        import_run(network=run.network, source=twice, at=AT)


def test_what_fails_half_way_leaves_no_run(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("invocations.bundles.taking_in.BATCH", 1)
    monkeypatch.setattr("invocations.bundles.taking_in._end", lambda run, head: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        import_run(network=run.network, source=bundle_of(run), at=AT)

    assert Run.objects.count() == 1


def test_an_imported_run_cannot_be_brought_to_life(run: Run, network: Network) -> None:
    back = import_run(network=network, source=bundle_of(run), at=AT)

    with pytest.raises(IntegrityError), transaction.atomic():
        Run.objects.filter(pk=back.pk).update(state="running", ended_at=None)


def test_a_branch_from_an_imported_step_runs_on_the_networks_own_ring(
    run: Run, network: Network
) -> None:
    Run.objects.filter(pk=run.pk).update(
        ring=[{"model": "dummy:image-to-text", "parameters": {"delay_seconds": 9}}] * 2
    )
    run.refresh_from_db()
    back = import_run(network=network, source=bundle_of(run), at=AT)
    source = back.invocations.get(sequence=0)

    begun = runs.branch_run(source=source, at=AT + timedelta(minutes=5))

    assert begun.ring != back.ring
    assert begun.invocations.get().model == "dummy:image-to-text"
