"""Farm workers, the tokens they are enrolled with, the work they were given, and what they failed."""

from __future__ import annotations

from .assignment import Assignment
from .batch_limit import BatchLimit
from .enrolment_token import EnrolmentToken
from .farm_worker import FarmWorker, WorkerStatus
from .machine_hardware import MachineHardware
from .step_failure import BlockedWorker, StepFailure
from .stopped_worker import StoppedWorker
from .task_assignment import TaskAssignment
from .work_record import LogGap

__all__ = [
    "Assignment",
    "BatchLimit",
    "BlockedWorker",
    "EnrolmentToken",
    "FarmWorker",
    "LogGap",
    "MachineHardware",
    "StepFailure",
    "StoppedWorker",
    "TaskAssignment",
    "WorkerStatus",
]
