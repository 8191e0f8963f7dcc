"""Which backups stay."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from backups.file_names import BackupKind, backups_in, file_name
from backups.pruning import KeptBackups, kept_of, prune

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)  # a Monday


def days_ago(*days: float) -> list[datetime]:
    return [NOON - timedelta(days=each) for each in days]


def test_the_last_of_each_day_week_and_month_stays() -> None:
    daily = days_ago(*range(100))

    kept = kept_of(daily, KeptBackups(3, 2, 2))

    assert sorted(kept, reverse=True) == [
        *days_ago(0, 1, 2),  # three days; the newest is that of this week and of November
        *days_ago(30),  # the last one of October; last week's is Sunday's, a day ago
    ]


def test_of_several_a_day_the_last_one_stays() -> None:
    times = days_ago(0, 0.1, 0.2, 1.0, 1.1)

    assert kept_of(times, KeptBackups(2, 0, 0)) == {times[0], times[3]}


@given(
    st.lists(st.floats(0, 900), min_size=1, max_size=60).map(lambda days: days_ago(*days)),
    st.builds(KeptBackups, st.integers(0, 9), st.integers(0, 9), st.integers(0, 9)),
)
def test_the_newest_always_stays_and_never_more_than_asked_for(
    times: list[datetime], rule: KeptBackups
) -> None:
    kept = kept_of(times, rule)

    assert max(times) in kept
    assert len(kept) <= max(1, rule.days + rule.weeks + rule.months)
    assert kept_of(kept, rule) == kept


def test_what_was_made_by_hand_is_never_removed(tmp_path: Path) -> None:
    for day in range(20):
        for kind in BackupKind:
            (tmp_path / file_name(kind, NOON - timedelta(days=day))).write_bytes(b"")
    (tmp_path / "notes.txt").write_text("mine")

    gone = prune(tmp_path, KeptBackups(2, 0, 0))

    left = [one.kind for one in backups_in(tmp_path)]
    assert left.count(BackupKind.BY_HAND) == 20
    assert left.count(BackupKind.SCHEDULED) == left.count(BackupKind.ASKED) == 2
    assert left.count(BackupKind.BEFORE_MIGRATION) == 3
    assert len(gone) == 18 + 18 + 17
    assert (tmp_path / "notes.txt").exists()
