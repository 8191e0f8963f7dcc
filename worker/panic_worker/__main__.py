"""`panic-worker`: enrol a machine, run it, test it."""

from __future__ import annotations

import argparse
import logging
import os
import platform
import signal
import socket
import sys
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from . import __version__
from .api import FarmApi
from .configuration import read_configuration
from .connection import ServerConnection
from .failures import CallRefused, SecretRefused, ServerAway, WorkerError, WrongUsage
from .folder import Enrolment, WorkerFolder, default_folder
from .handlers import load_handlers
from .program import Program, ProgramEvent
from .selftest import check_handlers

DONE, REFUSED, WRONG_USAGE, NOT_ENROLLED, INTERRUPTED = 0, 1, 2, 3, 130
HARD_STOP_SECONDS = 19.0
LOOPBACK = {"localhost", "127.0.0.1", "::1"}

ABOUT = """Pull work from a PANIC! server, do it on this machine and hand it in."""
ENDINGS = (
    "exit status: 0 done, 1 refused or failed, 2 wrong usage, 3 the server does not know this "
    "worker any more, 130 interrupted"
)


def main(words: Sequence[str] | None = None) -> int:
    """The exit status."""
    options = _parser().parse_args(words)
    try:
        status: int = options.act(options)
    except SecretRefused as error:
        return _say(str(error), NOT_ENROLLED)
    except WrongUsage as error:
        return _say(str(error), WRONG_USAGE)
    except WorkerError as error:
        return _say(str(error), REFUSED)
    except KeyboardInterrupt:
        return INTERRUPTED
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("panic-worker", description=ABOUT, epilog=ENDINGS)
    parser.add_argument("--version", action="version", version=__version__)
    acts = parser.add_subparsers(required=True, metavar="enrol | run | test | secret")

    enrol = acts.add_parser("enrol", help="make this machine a worker of a server")
    enrol.add_argument("url", help="the server's address, as in a browser")
    enrol.add_argument("token", help="an enrolment token, from the server's page of the farm")
    enrol.add_argument("--name", default=socket.gethostname(), help="shown there (%(default)s)")
    enrol.add_argument("--force", action="store_true", help="replace the enrolment that is there")
    enrol.set_defaults(act=_enrol)

    run = acts.add_parser("run", help="sign on and work until SIGTERM")
    run.add_argument("--slots", type=int, help="steps at once, instead of config.toml's")
    run.add_argument(
        "--server",
        metavar="URL",
        default=os.environ.get("PANIC_WORKER_SERVER"),
        help="where the server has moved to, instead of the address of the enrolment",
    )
    run.add_argument("--log-level", default="INFO", help="DEBUG, INFO, WARNING or ERROR")
    run.set_defaults(act=_run)

    test = acts.add_parser("test", help="run the self-tests, and say what would be offered")
    test.set_defaults(act=_test)

    secret = acts.add_parser("secret", help="take a new secret of this worker from standard input")
    secret.set_defaults(act=_secret)

    for one in (enrol, run, test, secret):
        one.add_argument(
            "--data", type=Path, default=default_folder(), help="the worker's folder (%(default)s)"
        )
    for one in (run, test):
        one.add_argument("--echo", action="store_true", help=argparse.SUPPRESS)
    return parser


def _enrol(options: argparse.Namespace) -> int:
    server = _address(options.url)
    folder = WorkerFolder(options.data)
    folder.create()
    if folder.is_enrolled and not options.force:
        present = folder.enrolment()
        raise WorkerError(
            f"{folder.path} is enrolled already, as {present.name} at {present.server}. "
            "--force replaces that; --data DIR keeps another one beside it."
        )
    with folder.locked():
        enrolment = _enrolled(server, options.token, options.name)
        folder.save_enrolment(enrolment)
    if server.startswith("http:") and urlsplit(server).hostname not in LOOPBACK:
        _say("Mind: without https the worker's secret can be read on the way.", DONE)
    return _say(f"Enrolled as {enrolment.name}. Start it with: panic-worker run", DONE)


def _address(url: str) -> str:
    """As it is kept. Raises WrongUsage where it is none."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise WrongUsage(f"{url} is no address of a server: it begins with http:// or https://.")
    return url.rstrip("/")


def _enrolled(server: str, token: str, name: str) -> Enrolment:
    connection = ServerConnection(server)
    body = {
        "token": token.strip(),
        "name": name[:60],
        "platform": f"{platform.system()} {platform.machine()}"[:60],
        "version": __version__,
    }
    try:
        worker, secret = FarmApi(connection).enrol(body)
    except ServerAway as error:
        raise WorkerError(str(error)) from None
    except CallRefused as error:
        raise WorkerError(_why_not_enrolled(server, error)) from None
    finally:
        connection.close()
    return Enrolment(server, worker, secret, name)


def _why_not_enrolled(server: str, error: CallRefused) -> str:
    if error.status == 403:
        return (
            f"{server} does not take this token: it was used, has expired or was revoked. "
            "Make a new one on the server's page of the farm."
        )
    if error.status in (404, 405):
        return (
            f"There is a web server at {server}, but no PANIC! with a farm. Is the address right?"
        )
    return f"{server} refused the enrolment: {error}"


def _run(options: argparse.Namespace) -> int:
    logging.basicConfig(
        level=options.log_level.upper(),
        format="{asctime} {levelname} {message}",
        style="{",
        stream=sys.stderr,
    )
    folder = WorkerFolder(options.data)
    enrolment = folder.enrolment()
    if options.server:
        enrolment = replace(enrolment, server=_address(options.server))
    folder.create()
    configuration = read_configuration(folder.config)
    if options.slots is not None:
        configuration = replace(configuration, slots=max(1, options.slots))
    with folder.locked():
        handlers = load_handlers(folder, configuration, with_echo=options.echo)
        program = Program(folder, enrolment, handlers, configuration)
        _send_signals(program)
        program.run()
    if program.restarts:
        _start_anew()
    return DONE


def _start_anew() -> None:
    """The same process, so that its service keeps it, with the program and the settings as they are now."""
    sys.stderr.flush()
    os.execv(sys.executable, sys.orig_argv)  # noqa: S606 (the command that it was started by)


def _send_signals(program: Program) -> None:
    def end(number: int, frame: object) -> None:
        timer = threading.Timer(HARD_STOP_SECONDS, os._exit, (REFUSED,))
        timer.daemon = True
        timer.start()
        program.send(ProgramEvent.END)

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    if sys.platform != "win32":
        signal.signal(signal.SIGUSR1, lambda number, frame: program.send(ProgramEvent.SLEEP))
        signal.signal(signal.SIGUSR2, lambda number, frame: program.send(ProgramEvent.WAKE))


def _secret(options: argparse.Namespace) -> int:
    """From standard input: arguments are seen by everybody on the machine."""
    folder = WorkerFolder(options.data)
    found = sys.stdin.readline().strip()
    if not found:
        return _say("Type or pipe the new secret into it.", WRONG_USAGE)
    folder.enrolment()  # there is one, and so the folder
    with folder.locked():
        folder.save_secret(found)
    return _say("The new secret is kept. Start the worker with: panic-worker run", DONE)


def _test(options: argparse.Namespace) -> int:
    """No server is needed, and no enrolment."""
    folder = WorkerFolder(options.data)
    folder.create()
    configuration = read_configuration(folder.config)
    handlers = load_handlers(folder, configuration, with_echo=options.echo)
    checks = check_handlers(handlers, folder.path)
    for check in checks:
        _print(f"{check.handler.name}: {check.sentence or 'ok'}")
        for offer in check.offers:
            _print(f"  farm:{offer.name} ({offer.input} to {offer.output}): {offer.title}")
    for handler in handlers:
        handler.close()
    if not checks:
        _print(f"Nothing to offer yet: describe a program in {folder.commands}.")
    return DONE if all(check.is_ok for check in checks) else REFUSED


def _say(sentence: str, status: int) -> int:
    sys.stderr.write(f"{sentence}\n")
    return status


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
