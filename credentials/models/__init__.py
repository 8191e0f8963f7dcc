"""Keys to platforms, and model servers with their workflows."""

from __future__ import annotations

from .credential import Credential
from .loan import Loan
from .operator_key import OperatorKey
from .server import Server
from .uploaded_workflow import UploadedWorkflow

__all__ = ["Credential", "Loan", "OperatorKey", "Server", "UploadedWorkflow"]
