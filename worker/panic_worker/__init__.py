"""`panic-worker`: the program of a machine that pulls work from a PANIC! server, does it and hands it in.

It never listens. Python 3.11 or newer and the standard library are all that it needs. What goes over the
wire is in `api`, one assignment from its inputs to its outcome in `attempt`, what is kept on disk until
the server has it in `outbox`, and what can do work in `handlers`.
"""

from __future__ import annotations

__version__ = "0.1.0"
