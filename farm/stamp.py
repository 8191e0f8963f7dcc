"""That workers or their offers have changed; where no worker was ever enrolled, nobody asks the database."""

from __future__ import annotations

from lib.change_stamp import ChangeStamp

stamp = ChangeStamp("farm.changed")
