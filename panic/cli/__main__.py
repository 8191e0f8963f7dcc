"""`python -m panic.cli`: the address and the token from the environment, a sentence on trouble."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from .arguments import parser
from .client import Client, Refused, Unreachable

REFUSED, WRONG, NO_ANSWER, INTERRUPTED = 1, 2, 3, 130


def main(words: Sequence[str] | None = None) -> int:
    """The exit status."""
    port = os.environ.get("PANIC_PORT") or "8000"
    url = os.environ.get("PANIC_URL") or f"http://localhost:{port}"
    given = parser(url, os.environ.get("PANIC_TOKEN", "")).parse_args(words)
    if not given.url.startswith(("http://", "https://")):
        return _say("The address begins with http:// or https://.", WRONG)
    try:
        status: int = given.act(Client(given.url, given.token), given)
    except Refused as refusal:
        return _say(str(refusal), REFUSED)
    except Unreachable as trouble:
        return _say(str(trouble), NO_ANSWER)
    except (OSError, ValueError) as trouble:  # a file that is not there, or holds no JSON
        return _say(str(trouble), WRONG)
    except KeyboardInterrupt:
        return INTERRUPTED
    return status


def _say(sentence: str, status: int) -> int:
    sys.stderr.write(f"{sentence}\n")
    return status


if __name__ == "__main__":
    sys.exit(main())
