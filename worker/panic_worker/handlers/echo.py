"""For tests and for trying out a line: gives back what it gets. Offered only with `--echo`.

`farm:echo-text` is `echo-text`, and so on. Parameters: `fail` is an error class to fail with,
`wait` makes it go on until it is stopped, `lines` is how many lines it logs.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from panic_worker.failures import ErrorClass, WorkFailed

from .base import MODALITIES, Handler, Offer, Work, WorkResult, ending_of_type

PARAMETERS = {
    "type": "object",
    "properties": {
        "fail": {"type": "string", "enum": [str(one) for one in ErrorClass]},
        "wait": {"type": "boolean"},
        "lines": {"type": "integer", "minimum": 0, "maximum": 1000},
    },
    "additionalProperties": False,
}


class EchoHandler(Handler):
    """The output is the input."""

    name = "echo"

    def offers(self) -> Sequence[Offer]:
        return [
            Offer(f"echo-{one}", f"Echo of {one}", one, one, PARAMETERS, seconds=0.01)
            for one in MODALITIES
        ]

    def self_test(self, folder: Path) -> None:
        (folder / "echo").write_text("echo", encoding="utf-8")

    def run(self, work: Work) -> WorkResult:
        for number in range(work.parameters.get("lines", 0)):
            work.log(f"line {number}")
        if error_class := work.parameters.get("fail"):
            raise WorkFailed(ErrorClass(error_class), "The echo was asked to fail.")
        work.progress(0.5, "echoing", None)
        if work.parameters.get("wait"):
            work.stop.wait(None)
            work.stop.check()
        given = work.input
        if given.path is None:
            return WorkResult(text=given.text, backend="echo")
        copy = work.folder / f"echo{ending_of_type(given.content_type)}"
        shutil.copyfile(given.path, copy)
        return WorkResult(path=copy, content_type=given.content_type, backend="echo")


def load(*, is_wanted: bool) -> list[Handler]:
    return [EchoHandler()] if is_wanted else []
