"""Queries of a stack's rows while scenarios run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from .records import Records

ATTEMPTS = """
    FROM invocations_attempt a
    JOIN invocations_invocation i ON i.id = a.invocation_id
    JOIN invocations_run r ON r.id = i.run_id
    JOIN networks_network n ON n.id = r.network_id
"""


class Queries(Records):
    """Each call is one query; nothing is cached."""

    # Runs

    def count_completed_steps(self, *runs: str) -> int:
        """How many steps of these runs are completed."""
        sql = (
            "SELECT count(*) FROM invocations_invocation i JOIN invocations_run r ON r.id = i.run_id"
            f" WHERE i.state = 'completed' AND r.public_id IN ({_placeholders(runs)})"
        )
        return int(self.query(sql, *runs)[0][0])

    def state_and_reason(self, run: str) -> tuple[str, str]:
        """The run's state, and its reason."""
        sql = "SELECT state, reason FROM invocations_run WHERE public_id = ?"
        ((state, reason),) = self.query(sql, run)
        return state, reason

    # Attempts

    def count_live_attempts(self) -> int:
        return int(self.query("SELECT count(*) FROM invocations_attempt WHERE outcome = ''")[0][0])

    def keys_and_errors(self, run: str, sequence: int) -> list[tuple[str, str]]:
        """Key and error of every attempt at a step, in their order."""
        where = "WHERE r.public_id = ? AND i.sequence = ? ORDER BY a.number"
        sql = f"SELECT a.idempotency_key, a.error_code {ATTEMPTS} {where}"
        return [(key, code) for key, code in self.query(sql, run, sequence)]

    def provider_reference(self, run: str) -> str:
        """The provider's id of the request that is under way for this run, or nothing."""
        where = "WHERE r.public_id = ? AND a.outcome = '' AND a.reference <> ''"
        found = self.query(f"SELECT a.reference {ATTEMPTS} {where}", run)
        return str(found[0][0]) if found else ""

    def workers_of_runs(self, *runs: str) -> dict[str, str]:
        """The worker of each run whose call is under way: run → worker."""
        where = f"WHERE a.outcome = '' AND r.public_id IN ({_placeholders(runs)})"
        return dict(self.query(f"SELECT r.public_id, a.worker {ATTEMPTS} {where}", *runs))

    def count_live_attempts_in(self, slugs: Sequence[str]) -> int:
        """How many calls are under way for these networks."""
        return self.outcomes_in(slugs)[""]

    def outcomes_in(self, slugs: Sequence[str]) -> Counter[str]:
        """How the attempts of these networks ended."""
        sql = f"SELECT a.outcome, count(*) {ATTEMPTS} WHERE n.slug IN ({_placeholders(slugs)}) GROUP BY 1"
        return Counter(dict(self.query(sql, *slugs)))

    # Steps

    def invoking_steps(self, runs: Sequence[str]) -> list[str]:
        """The steps of these runs whose call is under way."""
        where = f"WHERE a.outcome = '' AND r.public_id IN ({_placeholders(runs)}) ORDER BY i.id"
        return [step for (step,) in self.query(f"SELECT i.public_id {ATTEMPTS} {where}", *runs)]

    def outcomes_of_step(self, step: str) -> list[str]:
        """How each attempt at this step ended, in their order; empty for a live one."""
        sql = f"SELECT a.outcome {ATTEMPTS} WHERE i.public_id = ? ORDER BY a.number"
        return [outcome for (outcome,) in self.query(sql, step)]

    def has_late_result(self, step: str) -> bool:
        """Whether a lost attempt carries a note: its result came too late and was kept there."""
        where = "WHERE i.public_id = ? AND a.outcome = 'lost' AND a.error_detail <> ''"
        return bool(self.query(f"SELECT 1 {ATTEMPTS} {where}", step))

    def count_next_steps(self, step: str) -> int:
        """How many steps follow directly after this one."""
        sql = (
            "SELECT count(*) FROM invocations_invocation i JOIN invocations_invocation p"
            " ON p.run_id = i.run_id AND i.sequence = p.sequence + 1 WHERE p.public_id = ?"
        )
        return int(self.query(sql, step)[0][0])


def _placeholders(values: Sequence[object]) -> str:
    return ",".join("?" * len(values))
