"""What films are made of and kept as."""

from __future__ import annotations

from .film import Film
from .film_task import FilmTask
from .task_attempt import TaskAttempt
from .task_pace import TaskPace
from .upload import Upload, UploadState

__all__ = ["Film", "FilmTask", "TaskAttempt", "TaskPace", "Upload", "UploadState"]
