"""A web process with nothing but a live page: `daphne tests.browser.feed_server:application`.

`/` is the page, `/append?from=1&to=9` appends events (with `&anew=1`: after which everybody is asked to come
again), `/ws/stage/` is the socket; `/ws/gone/` is not there and `/ws/broken/` fails. `/?socket=` chooses one.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "panic.settings")
django.setup()

from channels.db import database_sync_to_async  # noqa: E402  after Django is set up
from channels.routing import ProtocolTypeRouter  # noqa: E402

from realtime.access import SocketBearerAuth, SocketSessionAuth  # noqa: E402
from realtime.consumers import WatchConsumer  # noqa: E402
from realtime.protocol import install_daphne_protocol  # noqa: E402
from tests.realtime.fixtures import ExampleFeed, append_now  # noqa: E402

SCRIPTS = Path(__file__).resolve().parents[2] / "static" / "js"
PAGE = """<!doctype html><title>Stage</title><body data-live="/ws/SOCKET/"><p id=now></p>
<script>seen = []; document.addEventListener("panic:event", ({detail}) => seen.push(detail.data.n));
</script><script type="module" src="/js/live/start.js"></script>"""


async def http(scope: dict[str, Any], receive: Any, send: Any) -> None:
    status, kind, body = 200, b"text/html", PAGE
    if scope["path"].startswith("/js/"):
        kind, body = b"text/javascript", (SCRIPTS / scope["path"][4:]).read_text()
    elif scope["path"] == "/append":
        query = parse_qs(scope["query_string"].decode())
        numbers = range(int(query["from"][0]), int(query["to"][0]) + 1)
        body = await _append(numbers, anew="anew" in query)
    elif scope["path"] == "/":
        query = parse_qs(scope["query_string"].decode())
        body = PAGE.replace("SOCKET", query.get("socket", ["stage"])[0])
    else:
        status, body = 404, ""
    headers = [(b"content-type", kind)]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body.encode()})


@database_sync_to_async
def _append(numbers: range, anew: bool) -> str:
    return [str(append_now(n, anew=anew)) for n in numbers][-1]


socket = SocketBearerAuth(WatchConsumer.as_asgi(feed=ExampleFeed), resolve=lambda plain: None)
application = ProtocolTypeRouter({"http": http, "websocket": SocketSessionAuth(socket)})
ExampleFeed.reset()
install_daphne_protocol()
