"""Answers what it is asked, a line of JSON each, until its input ends."""

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
    module, _, name = request["ask"].rpartition(".")
    try:
        function = getattr(importlib.import_module(f"bench.inside.{module}"), name)
        return {"answer": function(**request["with"])}
    except Exception as error:  # a border: whoever asked wants to hear of it
        traceback.print_exc()
        return {"error": f"{type(error).__name__}: {error}"}


def main() -> None:
    out = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever is printed is no answer
    django.setup()
    for line in sys.stdin:
        out.write(json.dumps(answer(line)) + "\n")
        out.flush()


if __name__ == "__main__":
    main()
