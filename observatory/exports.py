"""Points and distances of runs as rows, for whoever calculates on."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from invocations.models import Run

from . import outputs, persistence
from .trajectories import trajectories_of_runs
from .vectors import cosine_distance, unpack

Row = Sequence[object]
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class ExportedTable:
    """`columns` name what each of `rows` has, with its type: a number may be None."""

    columns: Mapping[str, type]
    rows: Callable[[Sequence[Run]], Iterator[Row]]


def _points(runs: Sequence[Run]) -> Iterator[Row]:
    for run, found in zip(runs, trajectories_of_runs(runs), strict=True):
        for one in found.points:
            yield (
                *(run.public_id, one.sequence, one.slot, one.model, one.x, one.y),
                *(one.from_previous, one.from_prompt, one.perturbed, one.text),
            )


def _distances(runs: Sequence[Run]) -> Iterator[Row]:
    """Of each two texts, once."""
    texts = outputs.text_outputs(runs)
    kept = []
    for run in runs:
        compared = [one for one in texts[run.pk] if one.stored is not None]
        newest = compared[-outputs.OLDEST :]
        kept += [(run.public_id, one.sequence, unpack(one.stored or b"")) for one in newest]
    for (run_id, sequence, vector), (other, second, another) in combinations(kept, 2):
        yield run_id, sequence, other, second, round(cosine_distance(vector, another), 5)


TABLES: dict[str, ExportedTable] = {
    "points": ExportedTable(
        {
            "run": str,
            "sequence": int,
            "slot": int,
            "model": str,
            "x": float,
            "y": float,
            "from_previous": float,
            "from_prompt": float,
            "perturbed": bool,
            "text": str,
        },
        _points,
    ),
    "distances": ExportedTable(
        {
            "first_run": str,
            "first_sequence": int,
            "second_run": str,
            "second_sequence": int,
            "distance": float,
        },
        _distances,
    ),
}
if persistence.is_installed():
    TABLES["persistence"] = ExportedTable(
        {"run": str, "dimension": int, "birth": float, "death": float}, persistence.rows
    )


class _Line:
    """What a CSV writer writes to: it hands the line back."""

    def write(self, line: str) -> str:
        return line


def csv_lines(table: ExportedTable, runs: Sequence[Run]) -> Iterator[str]:
    """A text that a spreadsheet would take for a formula begins with an apostrophe."""
    writer = csv.writer(_Line())
    yield writer.writerow(table.columns)
    for row in table.rows(runs):
        yield writer.writerow(_harmless(row))


def _harmless(row: Iterable[object]) -> list[object]:
    return [
        f"'{one}" if isinstance(one, str) and one.startswith(FORMULA_SIGNS) else one for one in row
    ]
