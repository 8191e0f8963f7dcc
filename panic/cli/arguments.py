"""The words of the command line."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from . import commands

Parser = argparse.ArgumentParser
Act = Callable[..., int]

ABOUT = """Start, watch and stop runs of PANIC! from a shell.

The address and the token come from PANIC_URL and PANIC_TOKEN, or from options. A token is made on
the account page, or with: python manage.py create_api_token you@example.org"""
ENDINGS = (
    """exit status: 0 done, 1 refused or failed, 2 wrong usage, 3 no answer, 130 interrupted"""
)


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
    listed.add_argument("--all", action="store_true", help="with pretend and deprecated ones")
    _verb(groups, "stop-all", commands.stop_all, "the red button (admins)")
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
    for name, act, words in (
        ("show", commands.show_run, "one run"),
        ("stop", commands.stop_run, "no new call begins, the running one is cancelled"),
        ("pause", commands.pause_run, "the running call finishes, the next step is held"),
        ("resume", commands.resume_run, "go on where the pause held it"),
    ):
        _verb(verbs, name, act, words).add_argument("run")


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
