"""Farm workers, the tokens they are enrolled with, and the work they were given."""

from __future__ import annotations

from .assignment import Assignment
from .enrolment_token import EnrolmentToken
from .farm_worker import FarmWorker, WorkerStatus

__all__ = ["Assignment", "EnrolmentToken", "FarmWorker", "WorkerStatus"]
