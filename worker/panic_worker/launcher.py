"""Sets limits on itself and becomes a program: `python -I -S launcher.py MEMORY FILE_SIZE PROGRAM ...`.

The limits are bytes, 0 for none. Started as a program of its own, because code between fork and exec
is not safe in a process with threads. The child also ends with the worker (Linux), and is the first that
the kernel ends when memory runs out.
"""

from __future__ import annotations

import os
import signal
import sys

PR_SET_PDEATHSIG = 1
NOT_FOUND, NOT_STARTED = 127, 126


def main(words: list[str]) -> None:
    """Does not return."""
    memory, file_size, program = int(words[0]), int(words[1]), words[2:]
    _end_with_parent()
    _prefer_as_victim()
    _limit(memory, file_size)
    try:
        os.execvp(program[0], program)  # noqa: S606 (this is what it is for)
    except FileNotFoundError:
        sys.stderr.write(f"{program[0]}: there is no such program\n")
        os._exit(NOT_FOUND)
    except OSError as error:
        sys.stderr.write(f"{program[0]}: {error.strerror}\n")
        os._exit(NOT_STARTED)


def _end_with_parent() -> None:
    if sys.platform != "linux":
        return
    import ctypes

    parent = os.getppid()
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before the kernel was asked
        os._exit(NOT_STARTED)


def _prefer_as_victim() -> None:
    try:
        with open("/proc/self/oom_score_adj", "w") as file:  # noqa: PTH123 (pathlib costs its import)
            file.write("1000")
    except OSError:
        pass  # not Linux, or not allowed


def _limit(memory: int, file_size: int) -> None:
    import resource

    if memory:
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    if file_size:
        resource.setrlimit(resource.RLIMIT_FSIZE, (file_size, file_size))


if __name__ == "__main__":
    main(sys.argv[1:])
