"""Measures: a module for each group of docs/performance.md."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bench.engines import Engine
from bench.environment import Context
from bench.rows import Row


@dataclass(frozen=True, slots=True)
class Measure:
    """Rows that are measured together: their ids with their bars, and the function that measures."""

    bars: Mapping[str, str]
    run: Callable[[Context, Engine], list[Row]]
    engines: tuple[Engine, ...]
    unit: str = "ms"

    @property
    def group(self) -> str:
        return next(iter(self.bars)).partition(".")[0]

    def is_selected(self, only: str) -> bool:
        """Whether `--only` selects it: by its group (`B1`) or by the id of one of its rows."""
        return any(only in (row_id, row_id.partition(".")[0]) for row_id in self.bars)
