"""Calls functions in a process of a measured stack: one line of JSON each way."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from bench.rows import NotMeasured
from tests.stack import ROOT


class InProcessClient:
    """`with InProcessClient(environment) as process: process.call("timing.time_page", path="/", times=20)`."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.in_process"],
            cwd=ROOT,
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    def call(self, what: str, /, **arguments: object) -> Any:
        """The result of `bench.in_process.<module>.<function>`; NotMeasured with its error."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps({"function": what, "arguments": arguments}) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise NotMeasured(f"{what}: the process has ended")
        answer = json.loads(line)
        if "error" in answer:
            raise NotMeasured(f"{what}: {answer['error']}")
        return answer["result"]

    def close(self) -> None:
        if self._process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def __enter__(self) -> InProcessClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
