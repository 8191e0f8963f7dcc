"""One operation from a shell, for whoever looks for what goes wrong with a clip: `python -m operations split a.mov`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from . import runner
from .errors import OperationError
from .registry import operations


def run_command(arguments: Sequence[str]) -> int:
    """What it made, as JSON on the standard output, and how far it is on the other one; the status of the program."""
    asked = _parser().parse_args(arguments)
    try:
        made = runner.run(asked.operation, asked.inputs, dict(asked.set), asked.to, _tell)
    except OperationError as error:
        sys.stderr.write(f"\n{error}\n")
        return 1
    outputs = [
        {"path": str(one.path), "kind": one.kind, "frames": one.frames} for one in made.outputs
    ]
    result = {
        "outputs": outputs,
        "backend": made.backend,
        "degraded": made.degraded,
        "details": made.details,
    }
    sys.stderr.write("\n")
    sys.stdout.write(json.dumps(result, indent=2, default=str) + "\n")
    return 0


def _tell(progress: float, phase: str) -> None:
    sys.stderr.write(f"\r{progress:4.0%} {phase:<12}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m operations",
        description="Carries out one operation on video. What it makes stays in the folder.",
    )
    parser.add_argument("operation", choices=sorted(operations()))
    parser.add_argument("inputs", nargs="+", type=Path, help="files, in their order")
    parser.add_argument("--to", type=Path, default=Path("made"), help="a folder (made)")
    parser.add_argument(
        "--set",
        type=_parameter,
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a parameter, as JSON or as a word; again for each",
    )
    return parser


def _parameter(given: str) -> tuple[str, Any]:
    name, sign, value = given.partition("=")
    if not sign:
        raise argparse.ArgumentTypeError(f"{given}: it takes a name, =, and a value")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value
