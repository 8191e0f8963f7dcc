"""What anybody else packs is not believed."""

from __future__ import annotations

import io
import json
import re
import struct
import zipfile
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pytest
from django.utils import translation

from archive.bundles import importing, reading, schema
from archive.bundles.importing import import_run
from archive.bundles.reading import BadBundle
from assets.models import Asset
from invocations.models import Invocation, Run
from networks.models import Network

from .bundle_files import AT, bundle_of, network, packed, run, unpacked, written

__all__ = ["network", "run"]
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
    "a prompt with NUL": (_run(prompt="a\x00b"), "not valid text"),
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


PARSER = re.compile("Value error|Input should|Field required|String should|should have|valid ")


@pytest.mark.parametrize("forgery", FORGERIES)
def test_what_is_wrong_with_a_record_is_said_in_the_readers_language(
    run: Run, forgery: str
) -> None:
    spoil, complaint = FORGERIES[forgery]
    files = unpacked(bundle_of(run))
    record = json.loads(files["run.json"])
    spoil(record)
    files["run.json"] = written(record)

    if complaint:
        with translation.override("fr"), pytest.raises(BadBundle) as refused:
            import_run(network=run.network, source=packed(files), at=AT)
        assert not PARSER.search(str(refused.value))


RECORDS = {
    "nothing": b"",
    "no JSON": b"PK",
    "no end": b'{"format": "panic-run", "version": 1, "invocations": [\n',
    "a list": b"[\n]}",
    "depth": b'{"a": ' + b"[" * 100_000 + b"\n]}",
    "a long line": b'{"a": "' + b"x" * schema.MAX_LINE + b'", "invocations": [\n]}',
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
    monkeypatch.setattr(reading, "MAX_RECORD", 50_000)
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
    monkeypatch.setattr(reading, "MAX_DIRECTORY", 100)

    with pytest.raises(BadBundle, match="too much"):
        import_run(network=run.network, source=bundle_of(run), at=AT)


def _end_64(length: int, start: int, files: int = 1) -> bytes:
    """The end of a large zip file, whose list of contents has this length and begins here."""
    return struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, files, files, length, start)


def _locator_64(place: int) -> bytes:
    return struct.pack("<4sLQL", b"PK\x06\x07", 0, place, 1)


def _ends(bundle: bytes) -> dict[str, tuple[bytes, str]]:
    """The same bundle with other ends, and what is said of each. The limit is as in the test below."""
    end = struct.Struct("<4s4H2LH")
    body, old = bundle[: -end.size], list(end.unpack(bundle[-end.size :]))
    length, start = old[5], old[6]

    def with_end(change: dict[int, int], before: bytes = b"", after: bytes = b"") -> bytes:
        fields = [change.get(n, value) for n, value in enumerate(old)]
        return body + before + end.pack(*fields) + after

    here = len(body)
    large = {5: 0xFFFFFFFF, 6: 0xFFFFFFFF}
    decoy = _end_64(10, start)  # says that the list is short, and is not what zipfile reads
    return {
        "too long a list": (with_end({5: schema.MAX_DIRECTORY + 1}), "too much"),
        "too long a list of a large file": (
            with_end(large, _end_64(1 << 40, start) + _locator_64(here)),
            "too much",
        ),
        "a shorter record after the one that counts": (
            with_end(large, _end_64(1 << 40, start) + _locator_64(here) + decoy),
            "too much",
        ),
        "a record in the comment": (with_end({7: len(decoy)}, after=decoy), "no zip file"),
        "a record that a comment hides": (
            with_end(
                large | {7: 65_000}, _end_64(1 << 40, start) + _locator_64(here), bytes(65_000)
            ),
            "no zip file",
        ),
        "a locator that points elsewhere": (
            with_end(large, decoy + _end_64(length, start) + _locator_64(here)),
            "not as it should be",
        ),
        "a locator of nothing": (with_end({}, _locator_64(here)), "not as it should be"),
        "a list that begins elsewhere": (with_end({6: start - 1}), "not where it should be"),
        "something before the file": (b"x" * 50 + bundle, "not where it should be"),
        "something between list and end": (with_end({}, b"x" * 50), "not where it should be"),
    }


def test_the_list_of_contents_is_measured_where_the_format_puts_it(run: Run) -> None:
    for what, (bundle, complaint) in _ends(bundle_of(run).getvalue()).items():
        with pytest.raises(BadBundle) as caught:
            import_run(network=run.network, source=io.BytesIO(bundle), at=AT)
        assert complaint in str(caught.value), what
    assert Run.objects.count() == 1


def test_a_bundle_of_a_large_file_is_taken_in(run: Run) -> None:
    bundle = bundle_of(run).getvalue()
    body = bundle[:-22]
    files, length, start = struct.unpack("<10xH2L2x", bundle[-22:])
    end = _end_64(length, start, files) + _locator_64(len(body)) + bundle[-22:]

    imported = import_run(network=run.network, source=io.BytesIO(body + end), at=AT)

    assert imported.prompt == run.prompt


def test_more_files_than_a_bundle_may_have_are_not_listed(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MAX_FILES", 3)

    with pytest.raises(BadBundle, match="too much"):
        import_run(network=run.network, source=bundle_of(run), at=AT)


def test_steps_are_written_before_their_texts_fill_the_memory(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "BATCH_CHARACTERS", 1)
    batches: list[int] = []
    create = Invocation.objects.bulk_create

    def counted(manager: object, rows: list[Invocation]) -> None:
        batches.append(len(rows))
        create(rows)

    monkeypatch.setattr(type(Invocation.objects), "bulk_create", counted)

    imported = import_run(network=run.network, source=bundle_of(run), at=AT)

    assert sum(batches) == imported.invocations.count() == run.invocations.count()
    assert max(batches) < run.invocations.count()


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
