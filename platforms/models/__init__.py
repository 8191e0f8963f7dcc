"""What this layer keeps in the database: keys, and model servers with their workflows."""

from __future__ import annotations

from .credential import Credential, HouseKey, Loan
from .server import Server, UploadedWorkflow

__all__ = ["Credential", "HouseKey", "Loan", "Server", "UploadedWorkflow"]
