"""One installation, spoken to over HTTP. `Client` is also for programs that import it."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode
from urllib.request import Request, urlopen

Json = dict[str, Any]

TIMEOUT = 30.0  # seconds for one answer
TRIES = 5
MAX_WAIT_SECONDS = 10.0  # between two tries
POLL_SECONDS = 0.5
UNREACHABLE_SECONDS = 5.0  # seconds before the next try of a server that is away
OVER = ("completed", "failed", "cancelled")
LIVE = ("running", "paused")


class ApiRefused(Exception):
    """The server said no; `str(error)` is its sentence, `problem` its whole answer."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        super().__init__(str(problem.get("detail") or f"The server answered {status}."))
        self.status = status
        self.problem = problem

    @property
    def code(self) -> str:
        return str(self.problem.get("code", ""))


class Unreachable(Exception):
    """There was no answer, or none of this product's."""


class Client:
    """`call` asks once more where that is harmless: while the server restarts, and when it is told
    to wait."""

    def __init__(
        self, url: str, token: str = "", *, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self.url = url.rstrip("/")
        self._headers = {"Accept": "application/json", "User-Agent": "panic-cli"}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"
        self._sleep = sleep

    def get(self, path: str, **query: object) -> Json:
        """`query` without what is None."""
        given = {name: str(value) for name, value in query.items() if value is not None}
        return self.call("GET", f"{path}?{urlencode(given)}" if given else path)

    def post(self, path: str, body: object = None, *, again: bool = False) -> Json:
        """`again`: sending it twice does no harm, as it carries a key or changes nothing more."""
        return self.call("POST", path, body, again=again)

    def items(self, path: str, most: int | None = None, **query: object) -> Iterator[Json]:
        """Of a list, page by page."""
        limit = min(most or 500, 500)
        after, left = query.pop("after", None), most
        while True:
            page = self.get(path, after=after, limit=limit, **query)
            for item in page["items"]:
                yield item
                if left is not None and (left := left - 1) <= 0:
                    return
            after = page["next"]
            if after is None:
                return

    def call(
        self, method: str, path: str, body: object = None, *, again: bool | None = None
    ) -> Json:
        """The answer as JSON. Raises ApiRefused or Unreachable."""
        again = method == "GET" if again is None else again
        for tried in range(1, TRIES + 1):
            try:
                return self._ask(method, path, body)
            except ApiRefused as refusal:
                # Told to wait before anything was done, so that every call may be sent again
                if refusal.status not in (429, 503) or tried == TRIES:
                    raise
                self._sleep(min(float(refusal.problem.get("retry_after", 1)), MAX_WAIT_SECONDS))
            except Unreachable:
                if not again or tried == TRIES:
                    raise
                self._sleep(min(0.25 * 2**tried, MAX_WAIT_SECONDS))
        raise AssertionError

    def _ask(self, method: str, path: str, body: object) -> Json:
        content = None if body is None else json.dumps(body).encode()
        headers = self._headers | ({} if body is None else {"Content-Type": "application/json"})
        # The address is the user's own, and begins with http
        asked = Request(f"{self.url}/api/v1/{path}", content, headers, method=method)  # noqa: S310
        try:
            with urlopen(asked, timeout=TIMEOUT) as answer:  # noqa: S310
                return _read(answer.read())
        except HTTPError as error:
            raise self._refusal(error) from None
        except (URLError, TimeoutError, ConnectionError, ValueError) as error:
            reason = getattr(error, "reason", error)
            raise Unreachable(f"{self.url} does not answer: {reason}") from None

    def _refusal(self, error: HTTPError) -> Exception:
        with error:
            try:
                problem = _read(error.read())
            except (ValueError, OSError):
                return Unreachable(f"{self.url} answered {error.code}, but not as PANIC! does.")
        wait = error.headers.get("Retry-After", "")
        return ApiRefused(
            error.code, problem | ({"retry_after": int(wait)} if wait.isdecimal() else {})
        )


def path(*parts: str) -> str:
    """An address below `/api/v1/`, whatever is in its parts."""
    return "/".join(quote(part, safe=":") for part in parts)


def _read(content: bytes) -> Json:
    found: Json = json.loads(content) if content else {}
    return found


def watch_steps(client: Client, run: str, after: int) -> Iterator[Json]:
    """Each step of a run once it is over, in their order, until the run has ended."""
    ended = False
    while True:
        at_work = False
        for step in client.items(path("runs", run, "invocations"), after=after):
            if step["state"] not in OVER:
                at_work = True
                break
            after = step["sequence"]
            yield step
        if ended:
            return
        ended = client.get(path("runs", run))["state"] not in LIVE  # one more look: the last steps
        if not ended or at_work:
            time.sleep(POLL_SECONDS)


def newest_cursor(client: Client, topic: str) -> str | None:
    """The cursor of the newest event; None where there has not been one."""
    found = None
    for event in client.items("events", topic=topic):
        found = str(event["cursor"])
    return found


def watch_events(client: Client, topic: str, after: str | None, *, every: float) -> Iterator[Json]:
    """Each event after the cursor, for ever; a server that is away is waited for."""
    while True:
        try:
            for event in client.items("events", topic=topic, after=after):
                after = str(event["cursor"])
                yield event
        except Unreachable as trouble:
            _tell(f"{trouble} Trying again.")
            time.sleep(UNREACHABLE_SECONDS)
        except ApiRefused as refusal:
            if refusal.code != "resync" or after is None:
                raise
            _tell("Some events are not kept any more; going on with the oldest that are.")
            after = None
        time.sleep(every)


def _tell(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")
