"""Finding runs by the words of their prompts, through an index of words.

Every word of the question must begin a word of the prompt; case does not matter. What has no words
(signs, emoji), or is written without spaces between them, is looked for as it stands among the
newest runs. Either way a turn looks at a bounded number of rows, and says how far it has come.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import connection

if TYPE_CHECKING:
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor

    from .models.run import RunQuerySet

MATCHES = 600  # of the index in one turn
SCANNED = 2_000  # prompts that are read in one turn where the index does not help
TURNS = 3  # for one page
WORDS_MOST = 12
_WORD = re.compile(r"[^\W_]+")
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")

# SQLite's index hangs on triggers, and altering a table there makes a new one without them: a
# migration that alters Run ends with `RunPython(search.install)`. tests/invocations/test_search.py
# notices when it does not.
_SQLITE = (
    "DROP TRIGGER IF EXISTS run_words_added",
    "DROP TRIGGER IF EXISTS run_words_removed",
    "DROP TRIGGER IF EXISTS run_words_changed",
    "DROP TABLE IF EXISTS invocations_run_words",
    "CREATE VIRTUAL TABLE invocations_run_words USING fts5(prompt, content='invocations_run',"
    " content_rowid='id', tokenize='unicode61 remove_diacritics 0')",
    "INSERT INTO invocations_run_words (invocations_run_words) VALUES ('rebuild')",
    "CREATE TRIGGER run_words_added AFTER INSERT ON invocations_run BEGIN"
    " INSERT INTO invocations_run_words (rowid, prompt) VALUES (new.id, new.prompt); END",
    "CREATE TRIGGER run_words_removed AFTER DELETE ON invocations_run BEGIN"
    " INSERT INTO invocations_run_words (invocations_run_words, rowid, prompt)"
    " VALUES ('delete', old.id, old.prompt); END",
    "CREATE TRIGGER run_words_changed AFTER UPDATE OF prompt ON invocations_run BEGIN"
    " INSERT INTO invocations_run_words (invocations_run_words, rowid, prompt)"
    " VALUES ('delete', old.id, old.prompt);"
    " INSERT INTO invocations_run_words (rowid, prompt) VALUES (new.id, new.prompt); END",
)
# Postgres' own parser has ideas about signs ("-12" is a number, "a.b" a host): they are taken out.
_VECTOR = r"to_tsvector('simple'::regconfig, regexp_replace(prompt, '[!-/:-@\[-`{-~]+', ' ', 'g'))"
_POSTGRES = (
    "DROP INDEX IF EXISTS run_words",
    f"CREATE INDEX run_words ON invocations_run USING gin ({_VECTOR})",
)
_ASK_SQLITE = (
    "SELECT rowid FROM invocations_run_words WHERE invocations_run_words MATCH %s AND rowid < %s"
    " ORDER BY rowid DESC LIMIT %s"
)
_ASK_POSTGRES = (
    f"SELECT id FROM invocations_run WHERE {_VECTOR} @@ to_tsquery('simple', %s) AND id < %s"  # noqa: S608
    " ORDER BY id DESC LIMIT %s"
)
BEYOND = 2**62  # no row has such a number


@dataclass(frozen=True, slots=True)
class Turn:
    """What one look found: rows that match, and from where to look further; None at the end."""

    rows: RunQuerySet
    before: int | None


def install(apps: object, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Make the index, or make it anew; for migrations."""
    statements = _POSTGRES if schema_editor.connection.vendor == "postgresql" else _SQLITE
    with schema_editor.connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def remove(apps: object, schema_editor: BaseDatabaseSchemaEditor) -> None:
    statements = _POSTGRES[:1] if schema_editor.connection.vendor == "postgresql" else _SQLITE[:4]
    with schema_editor.connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def turn(rows: RunQuerySet, words: str, *, before: int | None, whole: bool = False) -> Turn:
    """Those of `rows` older than `before` whose prompts have these words, as far as one turn goes.

    `whole`: no word that only begins like one of these. The index is faster then: for beginnings it
    puts together all that begin so, however few are wanted.
    """
    asked = _words(words)
    if not asked:
        return _scan(rows, words, before)
    found = _ask(asked, before, whole=whole)
    following = found[-1] if len(found) == MATCHES else None
    return Turn(rows.filter(pk__in=found), following)


def _words(text: str) -> list[str]:
    """What the index can be asked for; nothing where it would miss what a reader sees."""
    return [] if _UNSPACED.search(text) else _WORD.findall(text)[:WORDS_MOST]


def _ask(words: list[str], before: int | None, *, whole: bool) -> list[int]:
    if connection.vendor == "postgresql":
        beginning = "" if whole else ":*"
        statement, question = _ASK_POSTGRES, " & ".join(f"{word}{beginning}" for word in words)
    else:
        beginning = "" if whole else "*"
        statement, question = _ASK_SQLITE, " ".join(f'"{word}"{beginning}' for word in words)
    with connection.cursor() as cursor:
        cursor.execute(statement, [question, BEYOND if before is None else before, MATCHES])
        return [pk for (pk,) in cursor.fetchall()]


def _scan(rows: RunQuerySet, text: str, before: int | None) -> Turn:
    if before is not None:
        rows = rows.filter(pk__lt=before)
    keys = list(rows.order_by("-pk").values_list("pk", flat=True)[:SCANNED])
    if not keys:
        return Turn(rows.none(), None)
    following = keys[-1] if len(keys) == SCANNED else None
    return Turn(rows.filter(pk__gte=keys[-1], prompt__icontains=text), following)
