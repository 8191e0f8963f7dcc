"""That a model server or workflow has changed."""

from __future__ import annotations

from lib.change_stamp import ChangeStamp

server_stamp = ChangeStamp("servers.changed")
