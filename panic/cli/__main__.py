"""`python -m panic.cli`: the address and the token from the environment, a sentence on trouble."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

from . import commands
from .client import ApiRefused, Client, Unreachable

REFUSED, WRONG, NO_ANSWER, INTERRUPTED = 1, 2, 3, 130
Parser = argparse.ArgumentParser
Act = Callable[..., int]

ABOUT = """Start, watch and stop runs of PANIC! from a shell.

The address and the token come from PANIC_URL and PANIC_TOKEN, or from options. A token is made on
the account page, or with: python manage.py create_api_token you@example.org"""
ENDINGS = "exit status: 0 done, 1 refused or failed, 2 wrong usage, 3 no answer, 130 interrupted"


def main(words: Sequence[str] | None = None) -> int:
    """The exit status."""
    port = os.environ.get("PANIC_PORT") or "8000"
    url = os.environ.get("PANIC_URL") or f"http://localhost:{port}"
    given = parser(url, os.environ.get("PANIC_TOKEN", "")).parse_args(words)
    if not given.url.startswith(("http://", "https://")):
        return _say("The address begins with http:// or https://.", WRONG)
    try:
        status: int = given.act(Client(given.url, given.token), given)
    except ApiRefused as refusal:
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


def parser(url: str, token: str) -> Parser:
    """`url` and `token`: what the environment has."""
    top = Parser(
        "python -m panic.cli",
        description=ABOUT,
        epilog=ENDINGS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--url", default=url, help="the address of the installation (%(default)s)")
    top.add_argument("--token", default=token, help="an API token")
    top.add_argument("--json", action="store_true", help="JSON, one thing a line, for programs")
    groups = top.add_subparsers(metavar="what", required=True)
    _runs(_group(groups, "runs", "what follows from prompts"))
    _networks(_group(groups, "networks", "rings of models"))
    models = _group(groups, "models", "what rings are made of")
    listed = _verb(models, "list", commands.list_models, "the catalogue")
    listed.add_argument("--all", action="store_true", help="with dummy and deprecated ones")
    _verb(groups, "stop-all", commands.stop_all, "stop everything (admins)")
    _verb(groups, "resume-all", commands.resume_all, "lift it, and let the runs go on (admins)")
    _events(_group(groups, "events", "what happened"))
    return top


def _group(groups: Any, name: str, words: str) -> Any:
    one: Parser = groups.add_parser(name, help=words, description=words.capitalize())
    return one.add_subparsers(metavar="verb", required=True)


def _verb(verbs: Any, name: str, act: Act, words: str) -> Parser:
    one: Parser = verbs.add_parser(name, help=words, description=words.capitalize())
    one.set_defaults(act=act)
    return one


def _runs(verbs: Any) -> None:
    start = _verb(verbs, "start", commands.start_run, "turn words into a run")
    start.add_argument("network", help="its slug, as in its address")
    start.add_argument("prompt", nargs="+", help="the words")
    start.add_argument("--key", help="the same key again gives the same run again")
    start.add_argument("--waive-lockout", action="store_true", help="do not wait your turn")
    start.add_argument("--waive-hours", action="store_true", help="outside opening hours, too")
    start.add_argument("--wait", action="store_true", help="wait until the lockout is over")
    start.add_argument("--watch", action="store_true", help="and watch it to its end")
    watch = _verb(verbs, "watch", commands.watch_run, "its steps as they come, to the end")
    watch.add_argument("run")
    watch.add_argument("--after", type=int, default=-1, help="begin after this step's number")
    listed = _verb(verbs, "list", commands.list_runs, "runs, the newest first")
    listed.add_argument("--network", help="of this network alone")
    listed.add_argument("--state", help="running, paused, stopped, failed or completed")
    listed.add_argument("--words", dest="q", help="words of the prompt")
    listed.add_argument("--limit", type=int, default=20, help="how many (%(default)s)")
    _verb(verbs, "show", commands.show_run, "one run").add_argument("run")
    for verb, words in (
        ("stop", "no new call begins, the running one is cancelled"),
        ("pause", "the running call finishes, the next step is held"),
        ("resume", "go on where the pause held it"),
    ):
        move = _verb(verbs, verb, commands.move_run, words)
        move.set_defaults(verb=verb)
        move.add_argument("run")


def _networks(verbs: Any) -> None:
    _verb(verbs, "list", commands.list_networks, "one's own, shared and public ones")
    _verb(verbs, "show", commands.show_network, "one network").add_argument("network")
    create = _verb(verbs, "create", commands.create_network, "a new network")
    create.add_argument("name")
    create.add_argument("models", nargs="*", metavar="model", help="ids, in the ring's order")
    create.add_argument("--public", action="store_true", help="anybody may look")
    create.add_argument(
        "--from", dest="source", metavar="FILE", help="other fields as JSON; - for stdin"
    )


def _events(verbs: Any) -> None:
    follow = _verb(verbs, "follow", commands.follow_events, "events as they come, without end")
    follow.add_argument("network", help="a network's slug, or a topic such as mission-control")
    follow.add_argument("--after", metavar="CURSOR", help="begin after this event")
    follow.add_argument("--all", action="store_true", help="begin with the oldest that is kept")
    follow.add_argument(
        "--every", type=float, default=1.0, help="seconds between looks (%(default)s)"
    )


if __name__ == "__main__":
    sys.exit(main())
