"""Rows of a model from a condition in SQL, for the few queries that a live display waits for.

A raw queryset finds out each time which columns there are and how their values are converted, which takes
several times as long as the database takes for the rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast

from django.db import connection
from django.db.models import Field, Model

Row = TypeVar("Row", bound=Model)
Converter = Callable[[Any, Any, Any], Any]


class SelectedRows(Generic[Row]):
    """`Model.objects.raw("SELECT * FROM <its table> <rest>")`: whole rows, without those they refer to."""

    def __init__(self, model: type[Row], rest: str) -> None:
        self._model = model
        self._rest = rest
        self._compiled: dict[str, _Columns] = {}

    def fetch(self, *params: int | str) -> list[Row]:
        """The rows for these parameters of the condition."""
        columns = self._compiled.get(connection.vendor)
        if columns is None:
            columns = self._compiled[connection.vendor] = _Columns.of_model(self._model, self._rest)
        with connection.cursor() as cursor:
            cursor.execute(columns.sql, params)
            found = cursor.fetchall()
        return [cast("Row", columns.row(values, self._model)) for values in found]


@dataclass(frozen=True, slots=True)
class _Columns:
    sql: str
    names: Sequence[str]
    converters: Sequence[tuple[int, Sequence[Converter], Any]]

    @classmethod
    def of_model(cls, model: type[Model], rest: str) -> _Columns:
        quote, fields = connection.ops.quote_name, model._meta.concrete_fields
        columns = ", ".join(quote(cast("str", field.column)) for field in fields)
        return cls(
            sql=f"SELECT {columns} FROM {quote(model._meta.db_table)} {rest}",  # noqa: S608
            names=[field.attname for field in fields],
            converters=[
                (at, functions, field.get_col(model._meta.db_table))
                for at, field in enumerate(fields)
                if (functions := _converters(field, model._meta.db_table))
            ],
        )

    def row(self, values: Sequence[Any], model: type[Model]) -> Model:
        converted = list(values)
        for at, functions, column in self.converters:
            for function in functions:
                converted[at] = function(converted[at], column, connection)
        return model.from_db(connection.alias, self.names, converted)


def _converters(field: Field[Any, Any], table: str) -> list[Converter]:
    """What turns a value of the database into one of the field, as in a queryset."""
    column = field.get_col(table)
    of_database = connection.ops.get_db_converters(column)
    return [*of_database, *column.get_db_converters(connection)]
