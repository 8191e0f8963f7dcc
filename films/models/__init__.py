"""What films are made of and kept as."""

from __future__ import annotations

from .upload import Upload, UploadState

__all__ = ["Upload", "UploadState"]
