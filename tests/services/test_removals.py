"""Two machines on one database that remove what has expired at the same moment."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

from tests.stack import MANAGE, ROOT, Stack

RUNS = 60
MAKE_RUNS = f"""
from datetime import timedelta
from django.utils import timezone
from accounts.models import User
from invocations import runs
from invocations.models import Run
from invocations.states import Reason
from networks.models import Network
now = timezone.now()
slots = [{{"model": "dummy:text-to-text", "parameters": {{}}}}]
owner = User.objects.filter(is_superuser=True).first()
network = Network.objects.create(owner=owner, name="Old", slug="old", slots=slots, lockout_seconds=0)
for number in range({RUNS}):
    run = runs.start_run(network=network, prompt=f"a moth {{number}}", at=now).run
    runs.stop_run(run=run, reason=Reason.PERSON, at=now)
Run.objects.update(ended_at=now - timedelta(days=40))
"""
COUNT = """
import json
from accounts.models import AuditEntry
from invocations.models import Run
deleted = AuditEntry.objects.filter(action="run.deleted").values_list("about", flat=True)
print(json.dumps([Run.objects.count(), len(deleted), len(set(deleted))]))
"""


def test_each_expired_run_is_removed_and_reported_once(
    stack_on_postgres: Stack, tmp_path: Path
) -> None:
    east = stack_on_postgres
    east.environment["RUNS_KEPT_DAYS"] = "30"
    west = Stack(tmp_path / "west", RUNS_KEPT_DAYS="30")
    west.environment["DATABASE_URL"] = east.environment["DATABASE_URL"]
    west.data_dir.mkdir()
    east.manage("shell", "--no-imports", "-c", MAKE_RUNS)

    removals = [begin(one, "retention", "--apply", "--only", "runs") for one in (east, west)]
    said = [one.communicate(timeout=240)[0] for one in removals]

    assert [one.returncode for one in removals] == [0, 0], said
    counts = [int(found[1]) for text in said if (found := re.search(r"(\d+) gone", text))]
    assert sum(counts) == RUNS
    answer = east.manage("shell", "--no-imports", "-c", COUNT)
    assert json.loads(answer.splitlines()[-1]) == [0, RUNS, RUNS]


def begin(stack: Stack, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, MANAGE, *arguments],
        cwd=ROOT,
        env=stack.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
