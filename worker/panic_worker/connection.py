"""HTTP to one server: kept connections, streamed bodies, and errors as sentences."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import Message
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from . import __version__
from .failures import SecretRefused, ServerAway, WorkerError

TIMEOUT_SECONDS = 30.0
MAX_ANSWER = 4 << 20  # bytes of an answer that is kept in memory
PIECE = 1 << 16
LATER = frozenset({408, 429, 500, 502, 503, 504})
REDIRECTS = frozenset({301, 302, 303, 307, 308})
# What a kept connection answers when the server has closed it meanwhile.
CLOSED_MEANWHILE = (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError)


class Sink(Protocol):
    """Where a body is written to, piece by piece."""

    def write(self, piece: bytes, /) -> object: ...


@dataclass(frozen=True, slots=True)
class FilePart:
    """The content of a file from `offset` to its end."""

    path: Path
    offset: int = 0


@dataclass(frozen=True, slots=True)
class ServerAnswer:
    """Any answer that means neither "later" nor "who are you"."""

    status: int
    headers: Message = field(default_factory=Message)
    body: bytes = b""

    @property
    def fields(self) -> dict[str, Any]:
        """The JSON object of the body; empty where there is none."""
        try:
            found = json.loads(self.body)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def sentence(self) -> str:
        """What the server says about a refusal."""
        fields = self.fields
        return str(fields.get("detail") or fields.get("title") or f"status {self.status}")

    @property
    def retry_after(self) -> float | None:
        """Seconds, where the answer names them."""
        return _seconds(self.headers)


class ServerConnection:
    """Calls to `server`, an address such as `https://wall.example`; any thread may call.

    Every call raises ServerAway where there is no usable answer and SecretRefused for status 401.
    """

    def __init__(self, server: str, secret: str = "", session: str = "") -> None:
        parts = urlsplit(server)
        self.server = server.rstrip("/")
        self._host = parts.hostname or ""
        self._port = parts.port
        self._tls = parts.scheme == "https"
        self._prefix = parts.path.rstrip("/")
        self._headers = {"User-Agent": f"panic-worker/{__version__}"}
        if secret:
            self._headers["Authorization"] = f"Bearer {secret}"
        if session:
            self._headers["Worker-Session"] = session
        self._lock = threading.Lock()
        self._idle: list[http.client.HTTPConnection] = []
        self._busy: set[http.client.HTTPConnection] = set()
        self._closed = False

    def request(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, object] | bytes | FilePart | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float = TIMEOUT_SECONDS,
        sink: Sink | None = None,
    ) -> ServerAnswer:
        """One call; a 200's body goes to `sink` where one is given. `timeout` is that of each wait for
        the network, in seconds."""
        sent = {**self._headers, **(headers or {})}
        if isinstance(body, Mapping):
            sent["Content-Type"] = "application/json"
            body = json.dumps(body).encode()
        call = _HttpCall(method, self._prefix + path, body, sent, sink)
        with self._errors_as_sentences():
            return self._checked(self._exchange(call, timeout))

    def path_of(self, url: str) -> str:
        """The path to ask this server for, of an address that it gave. Raises WorkerError where it
        leads to another host, which must not see the secret."""
        parts = urlsplit(url)
        if parts.netloc and (parts.hostname or "") != self._host:
            raise WorkerError(f"The server sent an address of another host: {parts.hostname}.")
        path = parts.path if parts.path.startswith("/") else f"/{parts.path}"
        if self._prefix and path.startswith(f"{self._prefix}/"):
            path = path.removeprefix(self._prefix)
        return f"{path}?{parts.query}" if parts.query else path

    def close(self) -> None:
        """End all calls, also those that wait for an answer in other threads; refuse more until `open`."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
            for one in self._busy:
                if one.sock:
                    shut_down(one.sock)
        for one in idle:
            one.close()

    def open(self) -> None:
        """Allow calls again."""
        with self._lock:
            self._closed = False

    def _exchange(self, call: _HttpCall, timeout: float) -> ServerAnswer:
        one, is_reused = self._take(timeout)
        try:
            try:
                answer = call.send(one)
            except CLOSED_MEANWHILE:
                one.close()
                # An upload is not repeated blindly: the server may have some of it.
                if not is_reused or self._closed or isinstance(call.body, FilePart):
                    raise
                answer = call.send(one)  # the same object connects again
        except BaseException:
            self._give_back(one, keep=False)
            raise
        self._give_back(one, keep=True)
        return answer

    def _take(self, timeout: float) -> tuple[http.client.HTTPConnection, bool]:
        with self._lock:
            if self._closed:
                raise ServerAway("The worker is ending, or asleep.")
            is_reused = bool(self._idle)
            one = self._idle.pop() if is_reused else self._new()
            one.timeout = timeout
            if one.sock:
                one.sock.settimeout(timeout)
            self._busy.add(one)
        return one, is_reused

    def _give_back(self, one: http.client.HTTPConnection, *, keep: bool) -> None:
        with self._lock:
            self._busy.discard(one)
            keep = keep and not self._closed
            if keep:
                self._idle.append(one)
        if not keep:
            one.close()

    def _new(self) -> http.client.HTTPConnection:
        if self._tls:
            return http.client.HTTPSConnection(
                self._host, self._port, context=ssl.create_default_context()
            )
        return http.client.HTTPConnection(self._host, self._port)

    def _checked(self, answer: ServerAnswer) -> ServerAnswer:
        if answer.status == 401:
            raise SecretRefused(
                f"{self.server} no longer accepts this worker's secret: {answer.sentence} "
                "Enrol it again with a new token: panic-worker enrol URL TOKEN --force"
            )
        if answer.status in REDIRECTS:
            raise ServerAway(
                f"{self.server} redirects to {answer.headers.get('Location', 'somewhere else')}: "
                "enrol with the address where it ends."
            )
        if answer.status in LATER:
            raise ServerAway(
                f"{self.server} says: {answer.sentence} ({answer.status})", answer.retry_after
            )
        return answer

    @contextmanager
    def _errors_as_sentences(self) -> Iterator[None]:
        try:
            yield
        except (OSError, http.client.HTTPException) as error:
            raise ServerAway(sentence_of_error(error, self.server)) from error


@dataclass(frozen=True, slots=True)
class _HttpCall:
    method: str
    path: str
    body: bytes | FilePart | None
    headers: dict[str, str]
    sink: Sink | None

    def send(self, one: http.client.HTTPConnection) -> ServerAnswer:
        try:
            self._send_request(one)
        except (BrokenPipeError, ConnectionResetError):
            # The server may have answered before the end of the body, and hung up.
            if one.sock is None or not isinstance(self.body, FilePart):
                raise
        response = one.getresponse()
        if self.sink is not None and response.status == 200:
            _copy(response, self.sink)
            return ServerAnswer(response.status, response.headers)
        body = response.read(MAX_ANSWER)
        if not response.isclosed() and self.method != "HEAD":
            raise http.client.HTTPException("the answer is too long")
        return ServerAnswer(response.status, response.headers, body)

    def _send_request(self, one: http.client.HTTPConnection) -> None:
        if not isinstance(self.body, FilePart):
            one.request(self.method, self.path, body=self.body, headers=self.headers)
            return
        length = self.body.path.stat().st_size - self.body.offset
        with self.body.path.open("rb") as file:
            file.seek(self.body.offset)
            headers = {**self.headers, "Content-Length": str(length)}
            one.request(self.method, self.path, body=file, headers=headers)


def sentence_of_error(error: Exception, server: str) -> str:
    """Why there is no answer, for a person."""
    match error:
        case socket.gaierror():
            return (
                f"The name in {server} could not be found: is it right, and is this machine online?"
            )
        case ssl.SSLCertVerificationError():
            return f"The certificate of {server} is not trusted here: {error.verify_message}."
        case ssl.SSLError():
            return f"{server} does not speak TLS at this port ({error.reason})."
        case ConnectionRefusedError():
            return f"Nothing answers at {server}: is the server running, and is the port right?"
        case TimeoutError() if server.startswith("https:"):
            return f"{server} did not answer in time: does it speak https at this port?"
        case TimeoutError():
            return f"{server} did not answer in time."
        case OSError() if error.strerror:
            return f"There is no way to {server}: {error.strerror}."
        case _:
            return f"{server} hung up, or does not speak HTTP ({type(error).__name__})."


def shut_down(sock: socket.socket) -> None:
    """End whatever waits on the socket in another thread."""
    with suppress(OSError):  # it is not connected any more
        sock.shutdown(socket.SHUT_RDWR)


def _copy(response: http.client.HTTPResponse, sink: Sink) -> None:
    while piece := response.read(PIECE):
        sink.write(piece)


def _seconds(headers: Message) -> float | None:
    try:
        return max(0.0, float(headers.get("Retry-After", "")))
    except ValueError:
        return None
