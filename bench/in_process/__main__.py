"""Answers calls, one line of JSON each, until its input ends."""

from __future__ import annotations

import importlib
import json
import os
import sys
import traceback
from typing import Any

import django


def answer(line: str) -> dict[str, Any]:
    request = json.loads(line)
    module, _, name = request["function"].rpartition(".")
    try:
        function = getattr(importlib.import_module(f"bench.in_process.{module}"), name)
        return {"result": function(**request["arguments"])}
    except Exception as error:  # the caller gets it
        traceback.print_exc()
        return {"error": f"{type(error).__name__}: {error}"}


def main() -> None:
    out = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # so that printed text is no answer
    django.setup()
    for line in sys.stdin:
        out.write(json.dumps(answer(line)) + "\n")
        out.flush()


if __name__ == "__main__":
    main()
