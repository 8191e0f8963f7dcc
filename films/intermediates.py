"""The intermediate files of films: chunks and sounds, each named by its content, in a folder for each film.

One that is missing, or whose content is not what its name says, is made again by the task that made it. They
are on the disk of one machine.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings

from operations.contract import OperationOutput

from .models import Film

WORK = "work-"  # folders of tries that are under way
MEGA = 10**6

Output = dict[str, Any]  # an entry of `FilmTask.outputs`


def folder_of_films() -> Path:
    return Path(settings.DATA_DIR) / "films"


def folder_of_film(film: Film) -> Path:
    return folder_of_films() / film.public_id


def work_folder(film: Film, token: str) -> Path:
    """Where one try writes."""
    return folder_of_film(film) / f"{WORK}{token}"


def path_of(film: Film, output: Output) -> Path:
    return folder_of_film(film) / f"{output['sha256']}{output['suffix']}"


def keep(film: Film, made: OperationOutput) -> Output:
    """Put a file that a try has made in its place."""
    sha256 = _hash(made.path)
    output: Output = {
        "sha256": sha256,
        "suffix": made.path.suffix,
        "kind": made.kind,
        "frames": made.frames,
        "bytes": made.path.stat().st_size,
    }
    made.path.replace(path_of(film, output))
    return output


def is_intact(film: Film, output: Output) -> bool:
    """Whether it is there, as it was made; reads it to its end."""
    path = path_of(film, output)
    try:
        is_whole = path.stat().st_size == output["bytes"]
        return is_whole and _hash(path) == str(output["sha256"])
    except FileNotFoundError:
        return False


def remove(film: Film, output: Output) -> None:
    path_of(film, output).unlink(missing_ok=True)


def remove_all(film: Film) -> None:
    shutil.rmtree(folder_of_film(film), ignore_errors=True)


def folders() -> Iterator[Path]:
    """Of films that are, or were, made on this machine."""
    root = folder_of_films()
    if root.is_dir():
        yield from (path for path in root.iterdir() if path.is_dir())


def free_bytes() -> int:
    """What films may still take of the disk; the rest is for everything else (DISK_FLOOR_MB)."""
    free = shutil.disk_usage(settings.DATA_DIR).free - int(settings.DISK_FLOOR_MB) * MEGA
    return max(0, free)


def has_room() -> bool:
    return free_bytes() > 0


def _hash(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
