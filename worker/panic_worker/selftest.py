"""Which handlers can do their work now, and so what is offered."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from .failures import WorkFailed
from .handlers.base import Handler, Offer

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class HandlerCheck:
    """A handler's self-test: its sentence is empty where it succeeded."""

    handler: Handler
    offers: Sequence[Offer]
    operations: Sequence[str] = ()
    sentence: str = ""

    @property
    def is_ok(self) -> bool:
        return not self.sentence


def check_handlers(handlers: Iterable[Handler], folder: Path) -> list[HandlerCheck]:
    """Runs every self-test, one after another, each with an empty folder below `folder`."""
    return [_check(handler, folder / "self-test") for handler in handlers]


def handlers_by_model(checks: Iterable[HandlerCheck]) -> dict[str, Handler]:
    """Who does what; of two handlers that offer the same name the first one."""
    found: dict[str, Handler] = {}
    for check in checks:
        for offer in check.offers if check.is_ok else ():
            found.setdefault(offer.name, check.handler)
    return found


def handlers_by_operation(checks: Iterable[HandlerCheck]) -> dict[str, Handler]:
    """Likewise for operations on video."""
    found: dict[str, Handler] = {}
    for check in checks:
        for name in check.operations if check.is_ok else ():
            found.setdefault(name, check.handler)
    return found


def offers_of_checks(checks: Iterable[HandlerCheck]) -> list[dict[str, object]]:
    """What `sign-on` sends, each name once."""
    found: dict[str, dict[str, object]] = {}
    for check in checks:
        for offer in check.offers if check.is_ok else ():
            found.setdefault(offer.name, offer.as_json())
    return list(found.values())


def report_of_checks(checks: Sequence[HandlerCheck]) -> dict[str, object]:
    """`self_test` of `sign-on`."""
    return {
        "ok": all(check.is_ok for check in checks),
        "checks": [
            {"name": check.handler.name, "ok": check.is_ok, "sentence": check.sentence}
            for check in checks
        ],
    }


def _check(handler: Handler, folder: Path) -> HandlerCheck:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)
    try:
        handler.self_test(folder)
        return HandlerCheck(handler, handler.offers(), handler.operations())
    except WorkFailed as error:
        return HandlerCheck(handler, (), sentence=str(error))
    except Exception as error:  # the border: the other handlers are still of use
        logger.exception("the self-test of %s failed", handler.name)
        sentence = f"Its self-test failed: {type(error).__name__}: {error}"
        return HandlerCheck(handler, (), sentence=sentence)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
