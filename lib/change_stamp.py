"""How the processes of a machine learn that rows have changed which they remember: by the time of a file."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.db import transaction


class ChangeStamp:
    """Whoever changes such a row touches a file in the data folder, and every process looks at it."""

    def __init__(self, file_name: str) -> None:
        self._file_name = file_name

    @property
    def path(self) -> Path:
        return Path(settings.DATA_DIR) / self._file_name

    def announce_change(self) -> None:
        """Once the surrounding transaction has committed, every process of this machine looks again."""
        transaction.on_commit(self.path.touch)

    def announce_again(self) -> None:
        """Have the rows read again, if any have been read."""
        if self.read() is not None:
            self.announce_change()

    def read(self) -> tuple[str, int] | None:
        """Another value after every change; None where nothing was ever announced."""
        try:
            return str(self.path), self.path.stat().st_mtime_ns
        except OSError:
            return None
