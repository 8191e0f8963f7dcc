"""Runs that have been, and are looked for: by words, state, time, rating, a page at a time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from django.db import connection
from django.db.models import Exists, OuterRef, Q, Subquery

from lib import paging
from lib.paging import Paging
from networks.models.network import MAX_WORDS, has_model_called

from .models import Invocation, Run
from .models.run import RunQuerySet

SKEW = timedelta(hours=1)  # by how much the clocks of two hosts may differ
EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2900, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class RunQuery:
    """What a run must be to be listed. `since` included, `until` not."""

    words: str = ""
    everywhere: bool = False  # the words: in outputs, models and the network's name, too
    state: str = ""
    since: datetime | None = None
    until: datetime | None = None
    stars: int | None = None  # at least, on average
    prompt_of: Run | None = None  # exactly the words of this one
    imported: bool | None = None


def page_of_runs(
    rows: RunQuerySet, wanted: RunQuery, which: Paging
) -> tuple[list[Run], str | None]:
    """Those of `rows` that are wanted, the newest first, and the cursor of the following page.

    Among very many runs a search may come back with less than a page, even with nothing, and a
    cursor with which it goes on.
    """
    rows = _narrowed(rows, wanted)
    if not wanted.words:
        return paging.newest_first(rows, which)
    before = paging.decode_cursor(Run, which)
    found: list[Run] = []
    for number in range(1 if wanted.everywhere else MAX_BATCHES):
        whole = wanted.prompt_of is not None
        room = which.page_size - len(found)
        if wanted.everywhere:
            turn = search_batch_everywhere(rows, wanted.words, before=before)
        else:
            # Most often all that match are wanted: at first no more are asked for than a page has.
            most = MATCHES if number else min(MATCHES, room + 1)
            turn = search_batch(rows, wanted.words, before=before, whole=whole, most=most)
        found += turn.rows.order_by("-pk")[: room + 1]
        if len(found) > which.page_size:
            return found[:-1], paging.encode_cursor(Run, found[-2].pk)
        before = turn.before
        if before is None:
            return found, None
    return found, paging.encode_cursor(Run, before) if before is not None else None


def _narrowed(rows: RunQuerySet, wanted: RunQuery) -> RunQuerySet:
    if wanted.state:
        rows = rows.filter(state=wanted.state)
    if wanted.imported is not None:
        rows = rows.filter(imported=wanted.imported)
    if wanted.stars is not None:
        rows = rows.filter(rating__isnull=False, rating__gte=wanted.stars)
    if wanted.prompt_of is not None:
        rows = rows.filter(prompt=wanted.prompt_of.prompt).exclude(pk=wanted.prompt_of.pk)
    return _between(rows, wanted.since, wanted.until)


def _between(rows: RunQuerySet, since: datetime | None, until: datetime | None) -> RunQuerySet:
    """By number as well as by time, for lists go by number: what lies outside is not even read."""
    since, until = _sane(since), _sane(until)
    if since is not None:
        rows = rows.filter(created_at__gte=since)
        first = _first_after(since - SKEW)
        rows = rows.none() if first is None else rows.filter(pk__gte=first)
    if until is not None:
        rows = rows.filter(created_at__lt=until)
        beyond = _first_after(until + SKEW)
        rows = rows if beyond is None else rows.filter(pk__lt=beyond)
    return rows


def _sane(at: datetime | None) -> datetime | None:
    """No nearer to the ends of time than can be reckoned with."""
    return None if at is None else min(max(at, EARLIEST), LATEST)


def _first_after(at: datetime) -> int | None:
    later = Run.objects.filter(created_at__gte=at).order_by("created_at")
    return later.values_list("pk", flat=True).first()


if TYPE_CHECKING:
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor

    from .models.run import RunQuerySet

MATCHES = 600  # of the index in one turn at most
SCANNED = 2_000  # prompts that are read in one turn where the index does not help
SCANNED_STEPS = 6_000  # whose outputs are read in one turn, and of one run: its newest
MAX_WORDS_EVERYWHERE = 4  # each is looked for in all of them
MAX_BATCHES = 3  # for one page
_WORD = re.compile(r"[^\W_]+")
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")

# SQLite's index hangs on triggers, and altering a table there makes a new one without them: a
# migration that alters Run ends with `RunPython(run_list.create_index)`. tests/invocations/test_search.py
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
class SearchBatch:
    """What one look found: rows that match, and from where to look further; None at the end."""

    rows: RunQuerySet
    before: int | None


def create_index(apps: object, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Make the index, or make it anew; for migrations."""
    statements = _POSTGRES if schema_editor.connection.vendor == "postgresql" else _SQLITE
    with schema_editor.connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def drop_index(apps: object, schema_editor: BaseDatabaseSchemaEditor) -> None:
    statements = _POSTGRES[:1] if schema_editor.connection.vendor == "postgresql" else _SQLITE[:4]
    with schema_editor.connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def search_batch(
    rows: RunQuerySet,
    words: str,
    *,
    before: int | None,
    whole: bool = False,
    most: int | None = None,
) -> SearchBatch:
    """Those of `rows` older than `before` whose prompts have these words, as far as one turn goes:
    among the newest `most` that have them, MATCHES where nothing is given.

    `whole`: no word that only begins like one of these. The index is faster then: for beginnings it
    puts together all that begin so, however few are wanted.
    """
    most = MATCHES if most is None else most
    asked = _words(words)
    if not asked:
        return _scan(rows, words, before)
    found = _ask(asked, before, whole=whole, most=most)
    following = found[-1] if len(found) == most else None
    return SearchBatch(rows.filter(pk__in=found), following)


def search_batch_everywhere(rows: RunQuerySet, text: str, *, before: int | None) -> SearchBatch:
    """Those of `rows` older than `before` that have each of the first words of the text somewhere: in
    the prompt, in an output, in what a model or the network is called. No index helps: runs are read,
    the newest first, until they have had `SCANNED_STEPS`."""
    rows = rows if before is None else rows.filter(pk__lt=before)
    oldest = _oldest_read(rows)
    if oldest is None:
        return SearchBatch(rows.none(), None)
    found = rows.filter(pk__gte=oldest).annotate(last_step=_last_step())
    for word in text.split()[:MAX_WORDS_EVERYWHERE]:
        found = found.filter(_has_somewhere(word))
    return SearchBatch(found, oldest if rows.filter(pk__lt=oldest).exists() else None)


def _oldest_read(rows: RunQuerySet) -> int | None:
    """The last of the newest runs that together have `SCANNED_STEPS`; None where there is no run."""
    newest = rows.order_by("-pk").annotate(last_step=_last_step()).values_list("pk", "last_step")
    pk, steps = None, 0
    for run, sequence in newest[:SCANNED]:
        pk, steps = run, steps + (sequence or 0) + 1
        if steps >= SCANNED_STEPS:
            break
    return pk


def _last_step() -> Subquery:
    steps = Invocation.objects.filter(run=OuterRef("pk")).order_by("-sequence")
    return Subquery(steps.values("sequence")[:1])


def _has_somewhere(word: str) -> Q:
    newest = Q(run=OuterRef("pk"), sequence__gt=OuterRef("last_step") - SCANNED_STEPS)
    said = Invocation.objects.filter(newest, output_text__icontains=word)
    return (
        Q(prompt__icontains=word)
        | Q(network__name__icontains=word)
        | has_model_called(word, "ring")
        | Q(Exists(said))
    )


def _words(text: str) -> list[str]:
    """What the index can be asked for; nothing where it would miss what a reader sees."""
    return [] if _UNSPACED.search(text) else _WORD.findall(text)[:MAX_WORDS]


def _ask(words: list[str], before: int | None, *, whole: bool, most: int) -> list[int]:
    if connection.vendor == "postgresql":
        beginning = "" if whole else ":*"
        statement, question = _ASK_POSTGRES, " & ".join(f"{word}{beginning}" for word in words)
    else:
        beginning = "" if whole else "*"
        statement, question = _ASK_SQLITE, " ".join(f'"{word}"{beginning}' for word in words)
    with connection.cursor() as cursor:
        cursor.execute(statement, [question, BEYOND if before is None else before, most])
        return [pk for (pk,) in cursor.fetchall()]


def _scan(rows: RunQuerySet, text: str, before: int | None) -> SearchBatch:
    if before is not None:
        rows = rows.filter(pk__lt=before)
    keys = list(rows.order_by("-pk").values_list("pk", flat=True)[:SCANNED])
    if not keys:
        return SearchBatch(rows.none(), None)
    following = keys[-1] if len(keys) == SCANNED else None
    return SearchBatch(rows.filter(pk__gte=keys[-1], prompt__icontains=text), following)
