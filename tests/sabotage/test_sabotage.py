"""A rehearsal must be able to fail: each of these patches breaks one promise in a private stack."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from rehearsal import plan
from rehearsal.report import Report
from rehearsal.runner import run_groups
from rehearsal.startup import Workspace

SABOTAGE = Path(__file__).parent
BROKEN = {  # the patch: a scenario that fails with it, and the promise it breaks
    "no_fencing": ("zombie", 2),
    "no_sweep": ("kill-random", 5),
    "claim_after_acknowledgement": ("kill-random", 5),
    "fresh_keys": ("kill-asking", 2),
    "ignore_stops": ("stop-random", 4),
}
AT_ONCE = 3  # rehearsals mostly wait


@pytest.fixture(scope="module")
def reports(
    tmp_path_factory: pytest.TempPathFactory, stack_template: Path
) -> Iterator[dict[str, Report]]:
    """The report of each patch, and of one rehearsal without a patch."""

    def rehearse(patch: str) -> Report:
        report = Report({}, lambda line: None)
        scenario, _ = BROKEN.get(patch, ("kill-asking", 0))
        patches = [SABOTAGE / f"{patch}.py"] if patch else []
        workspace = Workspace(tmp_path_factory.mktemp("workspace"), stack_template, patches)
        run_groups(workspace, plan.select(plan.quick(), [scenario]), report)
        return report

    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield dict(zip(["", *BROKEN], pool.map(rehearse, ["", *BROKEN]), strict=True))


@pytest.mark.parametrize("patch", BROKEN)
def test_a_broken_promise_fails_the_report(patch: str, reports: dict[str, Report]) -> None:
    report = reports[patch]
    failed = [verdict for verdict in report.verdicts if verdict.passed is False]

    broken = {number for verdict in failed for number in verdict.promises}

    assert BROKEN[patch][1] in broken, report.as_text()
    assert not report.passed


def test_without_a_patch_it_is_green(reports: dict[str, Report]) -> None:
    assert reports[""].passed, reports[""].as_text()
