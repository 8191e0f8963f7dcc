"""The TOML file of one `command`: what may be in it, and what is wrong with it in a sentence."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from panic_worker.children import ChildLimits
from panic_worker.configuration import read_toml
from panic_worker.failures import WorkerError
from panic_worker.requirements import SpecsNeeded
from panic_worker.weights import WeightsFile

from .base import MODALITIES

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,59}")
PLACEHOLDER = re.compile(r"\{([a-z_]+(?:\.[A-Za-z0-9_]+)?)\}")
PLACES = {"input", "output", "folder"}
BATCH_PLACES = {"inputs", "outputs", "folder"}
MAX_BATCH = 64
VARIABLE = re.compile(r"\{variables\.([A-Za-z0-9_]+)\}")
FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
SHA256 = re.compile(r"[0-9a-f]{64}")
PARAMETER_TYPES = {"integer": int, "number": int | float, "boolean": bool}
# What a server understands of a parameter: one that it does not would keep all of the worker out.
PARAMETER_RULES = {
    "type",
    "enum",
    "minimum",
    "maximum",
    "title",
    "description",
    "default",
    "examples",
}
MAX_TYPICAL_SECONDS = 86_400.0
DEFAULT_SECONDS = 600.0
DEFAULT_FILE_BYTES = 1 << 30
KNOWN = {
    "name", "title", "input", "output", "program", "stdin", "stdout", "content_type", "parameters",
    "environment", "seconds", "memory_mb", "output_mb", "typical_seconds", "licence", "progress",
    "test", "weights", "preview", "batch", "requires",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class CommandFile:
    """One program as its file describes it; checked."""

    name: str
    title: str
    input: str
    output: str
    program: Sequence[str]
    stdin: bool
    stdout: bool
    content_type: str
    parameters: Mapping[str, Any]
    environment: Mapping[str, str]
    limits: ChildLimits
    typical_seconds: float
    licence: str
    progress: re.Pattern[str] | None
    test: Sequence[str]
    weights: Sequence[WeightsFile]
    preview: str
    batch: int  # 0: it is given one at a time, as a file
    requires: SpecsNeeded


def read_command_files(folder: Path, variables: Mapping[str, str]) -> list[CommandFile]:
    """In the order of their file names; `variables` are this machine's, from config.toml. Raises
    WorkerError that names the file."""
    found: dict[str, CommandFile] = {}
    for path in sorted(folder.glob("*.toml")):
        try:
            file = _read(_with_variables(read_toml(path), variables))
        except ValueError as error:
            raise WorkerError(f"{path}: {error}") from None
        if file.name in found:
            raise WorkerError(f"{path}: another file has the name {file.name} as well.")
        found[file.name] = file
    return list(found.values())


def _with_variables(value: Any, variables: Mapping[str, str]) -> Any:
    """`{variables.NAME}` filled in everywhere, keys apart. Raises ValueError for one that is not set."""
    match value:
        case str():
            return VARIABLE.sub(lambda found: _variable(found[1], variables), value)
        case list():
            return [_with_variables(one, variables) for one in value]
        case dict():
            return {name: _with_variables(one, variables) for name, one in value.items()}
        case _:
            return value


def _variable(name: str, variables: Mapping[str, str]) -> str:
    if name not in variables:
        raise ValueError(f"config.toml sets no {name} in [variables].")
    return variables[name]


def _read(data: Mapping[str, Any]) -> CommandFile:
    """Raises ValueError with a sentence."""
    if unknown := sorted(set(data) - KNOWN):
        raise ValueError(f"there is no setting {', '.join(unknown)}.")
    name = _text(data, "name")
    if not NAME.fullmatch(name):
        raise ValueError("name has small letters, digits, dots and hyphens, at most 60.")
    file = CommandFile(
        name=name,
        title=_text(data, "title", name).strip() or name,
        input=_modality(data, "input"),
        output=_modality(data, "output"),
        program=_program(data),
        stdin=_yes(data, "stdin"),
        stdout=_yes(data, "stdout"),
        content_type=_text(data, "content_type", ""),
        parameters=_parameters(data),
        environment={key: str(value) for key, value in _table(data, "environment").items()},
        limits=ChildLimits(
            seconds=_number(data, "seconds", DEFAULT_SECONDS),
            memory_bytes=int(_number(data, "memory_mb", 0) * (1 << 20)),
            file_bytes=int(_number(data, "output_mb", DEFAULT_FILE_BYTES >> 20) * (1 << 20)),
        ),
        typical_seconds=_number(data, "typical_seconds", 0, MAX_TYPICAL_SECONDS),
        licence=_text(data, "licence", ""),
        progress=_expression(data),
        test=_words(data, "test") if "test" in data else (),
        weights=_weights(data),
        preview=_file_name(data, "preview"),
        batch=_batch(data),
        requires=_requirements(_table(data, "requires")),
    )
    _check_whole(file)
    return file


def _check_whole(file: CommandFile) -> None:
    """What one setting demands of another. Raises ValueError."""
    if file.output != "text" and not file.content_type.startswith(f"{file.output}/"):
        raise ValueError(f'content_type says what the program writes, as in "{file.output}/...".')
    declared = {f"parameters.{name}" for name in file.parameters.get("properties", {})}
    used = {name for word in file.program for name in PLACEHOLDER.findall(word)}
    places = BATCH_PLACES if file.batch else PLACES
    if unknown := sorted(used - places - declared):
        raise ValueError(f"program names {{{unknown[0]}}}, which is nothing it can be given.")
    if PLACEHOLDER.search(file.program[0]):
        raise ValueError("the program itself cannot depend on the work.")
    if file.batch:
        if file.stdin or file.stdout or file.preview or not {"inputs", "outputs"} <= used:
            raise ValueError(
                "with batch the program reads the folder {inputs} and writes to {outputs}: "
                "without stdin, stdout and preview."
            )
        return
    if not file.stdin and "input" not in used:
        raise ValueError("the program needs its input: {input} in program, or stdin = true.")
    if not file.stdout and "output" not in used:
        raise ValueError("the program's output is needed: {output} in program, or stdout = true.")


def _parameters(data: Mapping[str, Any]) -> dict[str, Any]:
    """A JSON schema. Free text is refused: it must not reach a command line."""
    properties = _table(data, "parameters")
    for name, rule in properties.items():
        if not isinstance(rule, dict) or "default" not in rule:
            raise ValueError(f"the parameter {name} needs a default.")
        if "enum" not in rule and rule.get("type") not in PARAMETER_TYPES:
            raise ValueError(
                f"the parameter {name} is integer, number, boolean, or one of an enum: "
                "free text does not get into arguments."
            )
        _check_rule(name, rule)
    if not properties:
        return {}
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _check_rule(name: str, rule: Mapping[str, Any]) -> None:
    """Raises ValueError."""
    if unknown := sorted(set(rule) - PARAMETER_RULES):
        raise ValueError(f"the parameter {name} has {unknown[0]}, which no server understands.")
    default = rule["default"]
    if "enum" in rule and default not in rule["enum"]:
        raise ValueError(f"the default of the parameter {name} is not in its enum.")
    least, most = rule.get("minimum", -math.inf), rule.get("maximum", math.inf)
    if not all(isinstance(one, int | float) for one in (least, most)):
        raise ValueError(f"minimum and maximum of the parameter {name} are numbers.")
    kind = rule.get("type")
    if kind not in PARAMETER_TYPES:
        return
    if not isinstance(default, PARAMETER_TYPES[kind]) or isinstance(default, bool) != (
        kind == "boolean"
    ):
        raise ValueError(f"the default of the parameter {name} is no {kind}.")
    if not least <= default <= most:
        raise ValueError(f"the default of the parameter {name} is beyond its limits.")


def _weights(data: Mapping[str, Any]) -> list[WeightsFile]:
    entries = data.get("weights", [])
    if not isinstance(entries, list) or not all(isinstance(one, dict) for one in entries):
        raise ValueError("weights is a list of tables: [[weights]] with path and sha256.")
    files = [WeightsFile(Path(_text(one, "path")), _text(one, "sha256").lower()) for one in entries]
    for file in files:
        if not SHA256.fullmatch(file.sha256):
            raise ValueError(f"the sha256 of the weights {file.path} has 64 hexadecimal digits.")
    return files


def _expression(data: Mapping[str, Any]) -> re.Pattern[str] | None:
    text = _text(data, "progress", "")
    try:
        expression = re.compile(text) if text else None
    except re.error as error:
        raise ValueError(f"progress is no regular expression: {error}.") from None
    if expression and not expression.groups:
        raise ValueError(
            "progress needs a group: (?P<percent>...), or done and total, or fraction."
        )
    return expression


def _text(data: Mapping[str, Any], name: str, default: str | None = None) -> str:
    value = data.get(name, default)
    if not isinstance(value, str):
        raise ValueError(f"{name} is a text.")
    return value


def _file_name(data: Mapping[str, Any], name: str) -> str:
    """Empty, or a name without folders."""
    text = _text(data, name, "")
    if text and not FILE_NAME.fullmatch(text):
        raise ValueError(f'{name} is a name in the folder of the work, as in "{name}.jpg".')
    return text


def _modality(data: Mapping[str, Any], name: str) -> str:
    value = data.get(name)
    if value not in MODALITIES:
        raise ValueError(f"{name} is one of {', '.join(MODALITIES)}.")
    return str(value)


def _words(data: Mapping[str, Any], name: str) -> list[str]:
    value = data.get(name)
    if not isinstance(value, list) or not value or not all(isinstance(one, str) for one in value):
        raise ValueError(
            f'{name} is a list of words, as in ["convert", "{{input}}", "{{output}}"].'
        )
    return value


def _program(data: Mapping[str, Any]) -> list[str]:
    words = _words(data, "program")
    path = Path(words[0])
    if path.name != words[0] and not path.is_absolute():
        raise ValueError("the program is a name, or a path from the root: it runs elsewhere.")
    return words


def _yes(data: Mapping[str, Any], name: str) -> bool:
    value = data.get(name, False)
    if not isinstance(value, bool):
        raise ValueError(f"{name} is true or false.")
    return value


def _number(data: Mapping[str, Any], name: str, default: float, most: float = math.inf) -> float:
    value = data.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise ValueError(f"{name} is a number, not below 0.")
    if value > most:
        raise ValueError(f"{name} is at most {most:g}.")
    return float(value)


def _batch(data: Mapping[str, Any]) -> int:
    value = data.get("batch", 0)
    if "batch" in data and (type(value) is not int or not 1 <= value <= MAX_BATCH):
        raise ValueError(f"batch is a whole number from 1 to {MAX_BATCH}.")
    return int(value)


def _requirements(table: Mapping[str, Any]) -> SpecsNeeded:
    names = [field.name for field in fields(SpecsNeeded)]
    if unknown := sorted(set(table) - set(names)):
        raise ValueError(f"[requires] has no {', '.join(unknown)}: it has {', '.join(names)}.")
    return SpecsNeeded(**{name: _number(table, name, 0) for name in names})


def _table(data: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = data.get(name, {})
    if not isinstance(value, dict):
        raise ValueError(f"{name} is a table.")
    return value
