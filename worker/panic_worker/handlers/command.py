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

With `batch = 8` the program reads the files 0001.txt, 0002.txt ... of the folder `{inputs}` and writes one of
the same stem for each to `{outputs}`.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import signal
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from panic_worker.children import ChildEnd, ChildLimits, ChildProgram, run_child
from panic_worker.failures import ErrorClass, WorkFailed
from panic_worker.requirements import check_specs
from panic_worker.stopping import StopSignal
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
        self.takes_batches = bool(file.batch)
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
                batch=file.batch,
            )
        ]

    def self_test(self, folder: Path) -> None:
        """The machine has what it needs, the program is there, and so are its weights; where the file has a
        `test`, it ends well."""
        check_specs(self._file.requires)
        program = self._file.program[0]
        if shutil.which(program, path=None) is None:
            is_there = Path(program).is_file()
            sentence = (
                f"{program} is not executable." if is_there else f"There is no program {program}."
            )
            raise WorkFailed(ErrorClass.PERMANENT, sentence)
        check_weights(self._file.weights)
        if self._file.test:
            child = ChildProgram(
                self._file.test, folder, self._file.environment, limits=self._file.limits
            )
            self._run(child, [Work(self._file.name, (), folder)], StopSignal())

    def run(self, work: Work) -> WorkResult:
        if not self._file.batch:
            return self._run_one(work)
        (result,) = self.run_batch([work], work.folder, work.stop)
        if isinstance(result, Exception):
            raise result
        return result

    def run_batch(
        self, works: Sequence[Work], folder: Path, stop: StopSignal
    ) -> list[WorkResult | Exception]:
        inputs, outputs = folder / "inputs", folder / "outputs"
        inputs.mkdir()
        outputs.mkdir()
        stems = [f"{number:04}" for number in range(1, len(works) + 1)]
        for stem, work in zip(stems, works, strict=True):
            _place_input(work, inputs, stem)
        values = {"inputs": str(inputs), "outputs": str(outputs), "folder": str(folder)}
        child = ChildProgram(
            self._filled(values, works[0]),  # the parameters of all are equal
            folder,
            self._file.environment,
            limits=self._file.limits,
        )
        self._run(child, works, stop)
        written = {path.stem: path for path in outputs.iterdir()}
        return [
            self._result_of(written.get(stem), work)
            for stem, work in zip(stems, works, strict=True)
        ]

    def _run_one(self, work: Work) -> WorkResult:
        input_path = self._input_path(work)
        output_path = work.folder / f"output{self._ending()}"
        values = {
            "input": str(input_path),
            "output": str(output_path),
            "folder": str(work.folder),
        }
        child = ChildProgram(
            self._filled(values, work),
            work.folder,
            self._file.environment,
            stdin=input_path if self._file.stdin else None,
            stdout=output_path if self._file.stdout else None,
            limits=self._file.limits,
        )
        if self._file.preview:
            work.watch_preview(work.folder / self._file.preview)
        self._run(child, [work], work.stop)
        return self._result(output_path)

    def _filled(self, places: Mapping[str, str], work: Work) -> list[str]:
        """The command line."""
        values = {**places, **_parameter_values(self._file.parameters, work.parameters)}
        return [
            PLACEHOLDER.sub(lambda found: values[found[1]], word) for word in self._file.program
        ]

    def _run(self, child: ChildProgram, works: Sequence[Work], stop: StopSignal) -> None:
        progress = _ProgressReader(self._file.progress, works)
        try:
            end = run_child(child, progress.read, stop)
        except OSError as error:
            sentence = f"The program could not be started: {error.strerror}."
            raise WorkFailed(ErrorClass.TEMPORARY, sentence) from None
        stop.check()
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

    def _result_of(self, written: Path | None, work: Work) -> WorkResult | Exception:
        """Of one of a batch; what it wrote is moved to the folder of the work."""
        kept = work.folder / f"output{self._ending()}"
        try:
            if written:
                written.replace(kept)
            return self._result(kept)
        except (WorkFailed, OSError) as error:
            return error

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
    """Lines to the log, and a number in them to the progress; of all that is done in one go."""

    def __init__(self, expression: re.Pattern[str] | None, works: Sequence[Work]) -> None:
        self._expression = expression
        self._works = works

    def read(self, line: str) -> None:
        for work in self._works:
            work.log(line)
        found = self._expression.search(line) if self._expression else None
        if found is None:
            return
        try:
            fraction = _fraction(found)
        except (ValueError, ZeroDivisionError, IndexError):
            return  # a line that only looks like progress
        for work in self._works:
            work.progress(fraction, "", None)


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


def _place_input(work: Work, folder: Path, stem: str) -> None:
    given = work.input
    if given.path is None:
        (folder / f"{stem}.txt").write_text(given.text, encoding="utf-8")
        return
    with contextlib.suppress(FileNotFoundError):  # it was stopped meanwhile: nobody waits for it
        given.path.replace(folder / f"{stem}{given.path.suffix}")


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
