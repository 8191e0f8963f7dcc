"""SQL of the few statements that every step of every run carries out, compiled once.

Django compiles a queryset each time it is used, which takes several times as long as the database takes
for such a statement. Each of these is made from the queryset that it equals
(`tests/lib/test_compiled_statements.py` compares them), for one database connection after the other, and
sends no signals.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, Generic, TypeVar, cast

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper
from django.db.models import (
    BooleanField,
    CharField,
    Field,
    FloatField,
    Model,
    QuerySet,
    TextField,
)
from django.db.models.query import get_related_populators
from django.db.transaction import TransactionManagementError, mark_for_rollback_on_error

Row = TypeVar("Row", bound=Model)
# Stand for a value of their type while a statement is compiled.
_ANY_PK = -2_000_000_011
_ANY_TEXT = "\x01any text "
_ANY_TIME = datetime(1902, 3, 4, 5, 6, 7, 8, tzinfo=UTC)
_MAX_SHAPES = 256  # of one statement that are kept
Value = str | int | datetime
_Place = tuple[int, str, int]  # of a parameter: which value, and which of a tuple
# Values that a column of this class takes as they are; NULL is one of every column.
_PLAIN: Mapping[type, type] = {
    BooleanField: bool,
    CharField: str,
    FloatField: float,
    TextField: str,
}


def _connection(alias: str = DEFAULT_DB_ALIAS) -> BaseDatabaseWrapper:
    return connections[alias]


def open_cursor(connection: BaseDatabaseWrapper) -> CursorWrapper:
    """A cursor for statements whose text is the same each time.

    Postgres parses and plans them once for each connection, unless the database's address says
    `prepare_threshold=none`. Django's own cursor writes the values into the text, which is also what
    Django logs where it logs statements.
    """
    cursor = connection.cursor()
    if connection.vendor == "postgresql" and not connection.queries_logged:
        from psycopg import Cursor  # installations on SQLite need not load it

        cursor.cursor = Cursor(connection.connection)
    return cursor


def _index_of(stand_in: Value, params: Iterable[Any]) -> tuple[list[Any], int]:
    """The parameters of a statement, and which of them stands for the value."""
    found = list(params)
    (index,) = [at for at, value in enumerate(found) if value == stand_in]
    return found, index


class CompiledGet(Generic[Row]):
    """`queryset.get(pk=…)`, with the rows that it selects along. `by`: another field that is unique, a text."""

    def __init__(self, queryset: Callable[[], QuerySet[Row]], *, by: str = "pk") -> None:
        self._queryset = queryset
        self._by = by
        self._stand_in: Value = _ANY_PK if by == "pk" else _ANY_TEXT
        self._compiled: dict[str, tuple[_Select, list[Any], int]] = {}

    def get(self, value: int | str) -> Row:
        """Raises the model's `DoesNotExist`, and `TransactionManagementError` where the queryset locks
        the row and no transaction would hold it."""
        connection = _connection()
        compiled = self._compiled.get(connection.vendor)
        if compiled is None:
            found = self._queryset().filter(**{self._by: self._stand_in}).order_by()
            select = _Select.of_queryset(found, connection)
            compiled = (select, *_index_of(self._stand_in, select.params))
            self._compiled[connection.vendor] = compiled
        select, params, index = compiled
        given = [*params[:index], value, *params[index + 1 :]]
        for row in select.rows(given, connection):
            return cast("Row", row)
        model: Any = self._queryset().model
        raise model.DoesNotExist(f"{model.__name__} matching query does not exist.")


class CompiledSelect(Generic[Row]):
    """`queryset(**values)`, a whole one: with its order and its limit.

    It is compiled once for each shape of the values: which are given, and how many are in each tuple. Each has to
    be a parameter of the statement as it is, so no part of a pattern; what is always the same need
    not be among them.
    """

    def __init__(self, queryset: Callable[..., QuerySet[Row]]) -> None:
        self._queryset = queryset
        self._compiled: dict[tuple[object, ...], tuple[_Select, list[_Place]]] = {}

    def rows(self, **values: Value | tuple[Value, ...]) -> list[Row]:
        connection = _connection()
        lengths = [(name, _length(value)) for name, value in values.items()]
        key = (connection.vendor, *lengths)
        compiled = self._compiled.get(key)
        if compiled is None:
            if len(self._compiled) >= _MAX_SHAPES:
                self._compiled.clear()
            try:
                compiled = self._compiled[key] = self._compile(values, connection)
            except EmptyResultSet:
                if () not in values.values():
                    raise
                return []  # nothing is among nothing
        select, places = compiled
        params = list(select.params)
        for index, name, item in places:
            params[index] = _adapted(_items(values[name])[item], connection)
        return cast("list[Row]", list(select.rows(params, connection)))

    def _compile(
        self, values: Mapping[str, Value | tuple[Value, ...]], connection: BaseDatabaseWrapper
    ) -> tuple[_Select, list[_Place]]:
        numbers = count()
        stand_ins = {
            name: tuple(_stand_in(one, next(numbers)) for one in value)
            if isinstance(value, tuple)
            else _stand_in(value, next(numbers))
            for name, value in values.items()
        }
        select = _Select.of_queryset(self._queryset(**stand_ins), connection)
        known = {
            _adapted(one, connection): (name, item)
            for name, value in stand_ins.items()
            for item, one in enumerate(_items(value))
        }
        params = select.params
        places = [(at, *known[one]) for at, one in enumerate(params) if _is_among(one, known)]
        if {place[1:] for place in places} != set(known.values()):
            raise ValueError("A value is not a parameter of the statement.")
        return select, places


def _length(value: Value | tuple[Value, ...]) -> int | None:
    return len(value) if isinstance(value, tuple) else None


def _items(value: Value | tuple[Value, ...]) -> tuple[Value, ...]:
    return value if isinstance(value, tuple) else (value,)


def _stand_in(value: Value, number: int) -> Value:
    """A value of the same type that no statement has otherwise."""
    if isinstance(value, str):
        return f"{_ANY_TEXT}{number}"
    if isinstance(value, int):
        return _ANY_PK - number
    return _ANY_TIME + timedelta(days=number)


def _adapted(value: Value, connection: BaseDatabaseWrapper) -> Any:
    """As it is among the parameters of a statement."""
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    return value


def _is_among(one: object, known: Mapping[Any, object]) -> bool:
    return isinstance(one, Hashable) and one in known


@dataclass(frozen=True, slots=True)
class _Select:
    sql: str
    params: Sequence[Any]
    model: type[Model]
    names: Sequence[str]
    columns: slice
    converters: Sequence[tuple[int, Sequence[Callable[..., Any]], Any]]
    populators: Sequence[Any]
    locks: bool

    @classmethod
    def of_queryset(cls, queryset: QuerySet[Any], connection: BaseDatabaseWrapper) -> _Select:
        compiler = queryset.query.get_compiler(connection=connection)
        sql, params = compiler.as_sql()
        info = cast("dict[str, Any]", compiler.klass_info)
        columns = slice(info["select_fields"][0], info["select_fields"][-1] + 1)
        converters = compiler.get_converters([one[0] for one in compiler.select])
        return cls(
            sql=sql,
            params=params,
            model=info["model"],
            names=[one[0].target.attname for one in compiler.select[columns]],
            columns=columns,
            converters=[(at, functions, column) for at, (functions, column) in converters.items()],
            # The type stubs are those of a later version.
            populators=get_related_populators(info, compiler.select, connection.alias),  # type: ignore[call-arg]
            locks=queryset.query.select_for_update and connection.features.has_select_for_update,
        )

    def rows(self, params: Sequence[Any], connection: BaseDatabaseWrapper) -> Iterator[Model]:
        """Raises TransactionManagementError."""
        if self.locks and connection.get_autocommit():
            raise TransactionManagementError("A row is locked for as long as a transaction lasts.")
        with open_cursor(connection) as cursor:
            cursor.execute(self.sql, params)
            found = cursor.fetchall()
        for values in found:
            yield self._row(values, connection)

    def _row(self, values: Sequence[Any], connection: BaseDatabaseWrapper) -> Model:
        converted = list(values)
        for at, functions, column in self.converters:
            for function in functions:
                converted[at] = function(converted[at], column, connection)
        found = self.model.from_db(connection.alias, self.names, converted[self.columns])
        for populator in self.populators:
            populator.populate(converted, found)
        return found


class CompiledUpdate(Generic[Row]):
    """`queryset.filter(pk=…).update(**fields)`: how many rows that were."""

    def __init__(self, queryset: Callable[[], QuerySet[Row]]) -> None:
        self._queryset = queryset
        self._compiled: dict[tuple[str, ...], _Update] = {}

    def update(self, pk: int, fields: Mapping[str, Any]) -> int:
        connection = _connection()
        key = (connection.vendor, *fields)
        update = self._compiled.get(key)
        if update is None:
            found = self._queryset().filter(pk=_ANY_PK)
            update = self._compiled[key] = _Update.of_queryset(found, tuple(fields), connection)
        params = list(update.params)
        params[update.pk_index] = pk
        given = zip(update.fields, fields.values(), strict=True)
        with mark_for_rollback_on_error(connection.alias), open_cursor(connection) as cursor:
            cursor.execute(update.sql, [*_prepared(given, connection), *params])
            return int(cursor.rowcount)


@dataclass(frozen=True, slots=True)
class _Update:
    sql: str
    fields: Sequence[Field[Any, Any]]
    params: Sequence[Any]  # of the condition
    pk_index: int

    @classmethod
    def of_queryset(
        cls, queryset: QuerySet[Any], names: Sequence[str], connection: BaseDatabaseWrapper
    ) -> _Update:
        quote, meta = connection.ops.quote_name, queryset.model._meta
        fields = [cast("Field[Any, Any]", meta.get_field(name)) for name in names]
        changes = ", ".join(f"{quote(cast('str', field.column))} = %s" for field in fields)
        compiler = queryset.query.get_compiler(connection=connection)
        condition, params = queryset.query.where.as_sql(compiler, connection)
        found, pk_index = _index_of(_ANY_PK, params)
        sql = f"UPDATE {quote(meta.db_table)} SET {changes} WHERE {condition}"  # noqa: S608
        return cls(sql, fields, found, pk_index)


class CompiledInsert(Generic[Row]):
    """`Model.objects.create(**fields)`, and many rows at once."""

    def __init__(self, model: type[Row]) -> None:
        self._model = model
        meta = model._meta
        self._fields = [field for field in meta.concrete_fields if not field.primary_key]
        self._compiled: dict[tuple[str, int, bool], str] = {}

    def create(self, **fields: Any) -> Row:
        """The row that was written, with its primary key."""
        connection = _connection()
        row = self._model(**fields)
        if not connection.features.can_return_columns_from_insert:
            row.save(force_insert=True)
            return row
        values = _prepared(
            ((field, field.pre_save(row, add=True)) for field in self._fields), connection
        )
        with mark_for_rollback_on_error(connection.alias), open_cursor(connection) as cursor:
            cursor.execute(self._sql(1, connection, returning=True), values)
            row.pk = cursor.fetchone()[0]
        row._state.adding, row._state.db = False, connection.alias
        return row

    def create_many(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Rows with a value for every column but the primary key, which they do not learn. As many as
        a statement may have parameters for."""
        connection = _connection()
        given = ((field, row[field.attname]) for row in rows for field in self._fields)
        values = _prepared(given, connection)
        with mark_for_rollback_on_error(connection.alias), open_cursor(connection) as cursor:
            cursor.execute(self._sql(len(rows), connection), values)

    def _sql(self, rows: int, connection: BaseDatabaseWrapper, *, returning: bool = False) -> str:
        found = self._compiled.get((connection.vendor, rows, returning))
        if found is None:
            found = self._compile(rows, connection.ops.quote_name, returning=returning)
            self._compiled[connection.vendor, rows, returning] = found
        return found

    def _compile(self, rows: int, quote: Callable[[str], str], *, returning: bool) -> str:
        meta = self._model._meta
        columns = ", ".join(quote(cast("str", field.column)) for field in self._fields)
        places = f"({', '.join(['%s'] * len(self._fields))})"
        table = quote(meta.db_table)
        key = f" RETURNING {table}.{quote(cast('str', meta.pk.column))}" if returning else ""
        return f"INSERT INTO {table} ({columns}) VALUES {', '.join([places] * rows)}{key}"  # noqa: S608


def _prepared(
    given: Iterable[tuple[Field[Any, Any], Any]], connection: BaseDatabaseWrapper
) -> list[Any]:
    """Values as the database takes them; of a row, its key."""
    return [
        value
        if value is None or type(value) is _PLAIN.get(type(field))
        else field.get_db_prep_save(
            value.prepare_database_save(field) if isinstance(value, Model) else value,
            connection=connection,
        )
        for field, value in given
    ]
