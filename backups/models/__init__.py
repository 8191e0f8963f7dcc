"""What is remembered of the backups that the product makes by itself."""

from __future__ import annotations

from .scheduled_backup import AlreadyRunning, BackupState, ScheduledBackup

__all__ = ["AlreadyRunning", "BackupState", "ScheduledBackup"]
