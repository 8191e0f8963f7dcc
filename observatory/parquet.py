"""Exported tables as Parquet files; only where the extra `research` is installed."""

from __future__ import annotations

import io
from collections.abc import Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING

from invocations.models import Run

if TYPE_CHECKING:
    from .exports import ExportedTable

EXTRA = "research"


def is_installed() -> bool:
    return find_spec("arro3") is not None and find_spec("arro3.io") is not None


def parquet_file(table: ExportedTable, runs: Sequence[Run]) -> bytes:
    """With a type for each column; what is missing is null, and texts are as they are."""
    from arro3.core import Array, DataType, Table
    from arro3.io import write_parquet

    types = {str: DataType.string(), int: DataType.int64(), float: DataType.float64()} | {
        bool: DataType.bool()
    }
    rows = list(table.rows(runs))
    columns = {
        column: Array([row[at] for row in rows], type=types[kind])
        for at, (column, kind) in enumerate(table.columns.items())
    }
    file = io.BytesIO()
    write_parquet(Table.from_pydict(columns), file)
    return file.getvalue()
