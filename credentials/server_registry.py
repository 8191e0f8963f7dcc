"""Model servers and workflows as every process knows them: rows, read again only after a change.

They are asked for thousands of times an hour. Where no change was ever announced, nobody ever added
a server, and no query is made.
"""

from __future__ import annotations

import asyncio
import logging

from django.db import DatabaseError

from platforms.comfy.workflow import NotAWorkflow
from platforms.servers import NO_SERVERS, KnownServers

from .models import Server, UploadedWorkflow
from .server_stamp import server_stamp

logger = logging.getLogger(__name__)

_read: tuple[object, KnownServers] = (None, NO_SERVERS)


def known_servers() -> KnownServers:
    """As of the last change. On an event loop, which must not query, as of the last reading."""
    global _read
    stamp = server_stamp.read()
    if stamp is None:
        return NO_SERVERS
    if stamp != _read[0] and not _on_event_loop():
        try:
            _read = (stamp, _read_all())
        except DatabaseError:
            logger.warning("The model servers could not be read.", exc_info=True)
    return _read[1]


def announce_existing() -> None:
    """At the start: the data folder may be younger than the database."""
    exist = Server.objects.exists() or UploadedWorkflow.objects.exists()
    if exist and server_stamp.read() is None:
        server_stamp.announce_change()


def _read_all() -> KnownServers:
    """Everything, in two queries."""
    servers = {row.slug: row.known for row in Server.objects.order_by("id")}
    workflows = {}
    for row in UploadedWorkflow.objects.select_related("server").order_by("id"):
        try:
            workflows[row.model_id] = row.known
        except NotAWorkflow:
            logger.warning("The workflow %s is not understood any more.", row)
    return KnownServers(servers, workflows)


def _on_event_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
