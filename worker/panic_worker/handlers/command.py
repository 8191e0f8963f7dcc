"""Programs of the operator's, each described by a TOML file in `commands/` of the worker's folder.

    name = "upper"                       # farm:upper
    title = "Upper case"
    input = "text"
    output = "text"
    program = ["tr", "[:lower:]", "[:upper:]"]
    stdin = true                         # else the path of its input is {input}
    stdout = true                        # else it writes the file {output}

The arguments are a template, in which `{input}`, `{output}`, `{folder}` and `{parameters.NAME}` stand
for paths that this program chose and for parameters that are numbers, yes or no, or one of a list. What
somebody typed never gets there: text reaches a program by file or standard input.
"""

from __future__ import annotations

import re
import shutil
import signal
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from panic_worker.children import ChildEnd, ChildLimits, ChildProgram, run_child
from panic_worker.failures import ErrorClass, WorkFailed
from panic_worker.weights import check_weights, sha256_of_all

from .base import ENDINGS, Handler, Offer, Work, WorkResult
from .command_file import PLACEHOLDER, CommandFile, read_command_files

MAX_TEXT_BYTES = 4_000_000
MEMORY_WORDS = re.compile(
    r"MemoryError|out of memory|cannot allocate memory|bad_alloc|memory allocation .* failed",
    re.IGNORECASE,
)
SIGXFSZ = getattr(signal, "SIGXFSZ", 25)


class CommandHandler(Handler):
    """One program of the operator's."""

    def __init__(self, file: CommandFile) -> None:
        self.name = f"command {file.name}"
        self._file = file

    def offers(self) -> Sequence[Offer]:
        file = self._file
        return [
            Offer(
                name=file.name,
                title=file.title,
                input=file.input,
                output=file.output,
                parameters=file.parameters,
                seconds=file.typical_seconds or None,
                memory=file.limits.memory_bytes or None,
                licence=file.licence,
                weights_sha256=sha256_of_all(file.weights),
            )
        ]

    def self_test(self, folder: Path) -> None:
        """The program is there, and so are its weights; where the file has a `test`, it ends well."""
        program = self._file.program[0]
        if shutil.which(program, path=None) is None and not Path(program).is_file():
            raise WorkFailed(ErrorClass.PERMANENT, f"There is no program {program}.")
        check_weights(self._file.weights)
        if self._file.test:
            child = ChildProgram(
                self._file.test, folder, self._file.environment, limits=self._file.limits
            )
            self._run(child, Work(self._file.name, (), folder))

    def run(self, work: Work) -> WorkResult:
        input_path = self._input_path(work)
        output_path = work.folder / f"output{self._ending()}"
        values = {
            "input": str(input_path),
            "output": str(output_path),
            "folder": str(work.folder),
            **_parameter_values(self._file.parameters, work.parameters),
        }
        child = ChildProgram(
            [_filled(word, values) for word in self._file.program],
            work.folder,
            self._file.environment,
            stdin=input_path if self._file.stdin else None,
            stdout=output_path if self._file.stdout else None,
            limits=self._file.limits,
        )
        if self._file.preview:
            work.watch_preview(work.folder / self._file.preview)
        self._run(child, work)
        return self._result(output_path)

    def _run(self, child: ChildProgram, work: Work) -> None:
        progress = _ProgressReader(self._file.progress, work)
        try:
            end = run_child(child, progress.read, work.stop)
        except OSError as error:
            sentence = f"The program could not be started: {error.strerror}."
            raise WorkFailed(ErrorClass.TEMPORARY, sentence) from None
        work.stop.check()
        if end.is_late or end.signal or end.status:
            raise _failure(end, self._file.limits)

    def _input_path(self, work: Work) -> Path:
        given = work.input
        if given.path is not None:
            return given.path
        path = work.folder / "input.txt"
        path.write_text(given.text, encoding="utf-8")
        return path

    def _ending(self) -> str:
        return ENDINGS.get(
            self._file.content_type, ".txt" if self._file.output == "text" else ".bin"
        )

    def _result(self, path: Path) -> WorkResult:
        if not path.is_file() or not path.stat().st_size:
            raise WorkFailed(ErrorClass.TEMPORARY, "The program ended well but gave no output.")
        backend = f"command {self._file.name}"
        if self._file.output != "text":
            return WorkResult(path=path, content_type=self._file.content_type, backend=backend)
        if path.stat().st_size > MAX_TEXT_BYTES:
            raise WorkFailed(ErrorClass.PERMANENT, "The program gave too long a text.")
        text = path.read_text(encoding="utf-8", errors="replace").strip()
        return WorkResult(text=text, backend=backend)


class _ProgressReader:
    """Lines to the log, and a number in them to the progress."""

    def __init__(self, expression: re.Pattern[str] | None, work: Work) -> None:
        self._expression = expression
        self._work = work

    def read(self, line: str) -> None:
        self._work.log(line)
        found = self._expression.search(line) if self._expression else None
        if found is None:
            return
        try:
            self._work.progress(_fraction(found), "", None)
        except (ValueError, ZeroDivisionError, IndexError):
            return  # a line that only looks like progress


def load(folder: Path, variables: Mapping[str, str]) -> list[Handler]:
    """A handler for each file of the folder. Raises WorkerError for a file that is wrong."""
    return [CommandHandler(file) for file in read_command_files(folder, variables)]


def _fraction(found: re.Match[str]) -> float:
    """`percent`, or `done` of `total`, or `fraction`, by the group's name."""
    groups = found.groupdict()
    if groups.get("percent"):
        return float(groups["percent"]) / 100
    if groups.get("total"):
        return float(groups["done"]) / float(groups["total"])
    return float(groups.get("fraction") or found.group(1))


def _parameter_values(schema: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, str]:
    """By the declared types once more: nothing else reaches a command line. Raises WorkFailed."""
    values = {}
    for name, rule in schema.get("properties", {}).items():
        value = given.get(name, rule.get("default"))
        if not _ALLOWED[_kind(rule)](value, rule):
            raise WorkFailed(ErrorClass.PERMANENT, f"The parameter {name} has a wrong value.")
        text = str(value).lower() if isinstance(value, bool) else str(value)
        values[f"parameters.{name}"] = text
    return values


def _kind(rule: Mapping[str, Any]) -> str:
    return "enum" if "enum" in rule else str(rule["type"])


def _is_number(value: object, rule: Mapping[str, Any]) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    least, most = rule.get("minimum", float("-inf")), rule.get("maximum", float("inf"))
    return bool(least <= value <= most)


_ALLOWED: dict[str, Callable[[Any, Mapping[str, Any]], bool]] = {
    "enum": lambda value, rule: value in rule["enum"],
    "boolean": lambda value, rule: isinstance(value, bool),
    "integer": lambda value, rule: isinstance(value, int) and _is_number(value, rule),
    "number": _is_number,
}


def _filled(word: str, values: Mapping[str, str]) -> str:
    return PLACEHOLDER.sub(lambda found: values[found[1]], word)


def _failure(end: ChildEnd, limits: ChildLimits) -> WorkFailed:
    if end.is_late:
        words = f"The program took longer than {limits.seconds:g} s and was ended."
        return WorkFailed(ErrorClass.TEMPORARY, words, end.tail)
    if end.signal == SIGXFSZ:
        return WorkFailed(ErrorClass.PERMANENT, "The program wrote too large a file.", end.tail)
    if MEMORY_WORDS.search(end.tail) or (end.signal == signal.SIGABRT and limits.memory_bytes):
        return WorkFailed(ErrorClass.OUT_OF_MEMORY, "The program ran out of memory.", end.tail)
    if end.signal == getattr(signal, "SIGKILL", 9):
        words = "The program was killed by the system, as a rule because memory ran out."
        return WorkFailed(ErrorClass.OUT_OF_MEMORY, words, end.tail)
    if end.signal:
        return WorkFailed(
            ErrorClass.TEMPORARY, f"The program was ended by signal {end.signal}.", end.tail
        )
    return WorkFailed(
        ErrorClass.TEMPORARY, f"The program ended with status {end.status}.", end.tail
    )
