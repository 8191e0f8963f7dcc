"""What can be measured. A module per letter and number of docs/performance.md."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bench.engines import Engine
from bench.rows import Row
from bench.workshop import Room


@dataclass(frozen=True, slots=True)
class Measure:
    """Rows that are measured together: their ids with their bars, and how."""

    bars: Mapping[str, str]
    run: Callable[[Room, Engine], list[Row]]
    engines: tuple[Engine, ...]
    unit: str = "ms"

    @property
    def group(self) -> str:
        return next(iter(self.bars)).partition(".")[0]

    def is_of(self, only: str) -> bool:
        """Whether `--only` asks for it: by its group (`B1`) or by the id of one of its rows."""
        return any(only in (row_id, row_id.partition(".")[0]) for row_id in self.bars)
