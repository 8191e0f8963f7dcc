"""Several steps in one go: a program runs once for all of them, and each has an outcome of its own."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from panic_worker.failures import WorkerError
from panic_worker.folder import WorkerFolder
from panic_worker.handlers import command
from panic_worker.handlers.base import Handler
from tests.worker.conftest import StartWorker
from tests.worker.farm_server import FarmServer
from tests.worker.test_program import kill

Spawn = Callable[[], subprocess.Popen[bytes]]
CAPITALS = """
import pathlib, sys
inputs, outputs = map(pathlib.Path, sys.argv[1:])
found = sorted(inputs.iterdir())
words = [path.read_text() for path in found]
print("one go:", *[path.name for path in found], flush=True)
if "wait" in words:
    print(open("{fifo}").read())
if "memory" in words:
    raise MemoryError
for path, word in zip(found, words):
    if word != "nothing":
        (outputs / path.name).write_text(word.upper())
"""
DESCRIBED = 'name = "x"\ninput = "text"\noutput = "text"\nbatch = 8\n'
PROGRAM = 'program = ["x", "{inputs}", "{outputs}"]\n'


@pytest.fixture
def fifo(tmp_path: Path) -> Path:
    """The program opens it where a word is "wait", and goes on once a test has written to it."""
    path = tmp_path / "go"
    os.mkfifo(path)
    return path


@pytest.fixture
def description(fifo: Path) -> str:
    code = CAPITALS.replace("{fifo}", str(fifo))
    words = f"'{sys.executable}', '-S', '-c', '''{code}''', '{{inputs}}', '{{outputs}}'"
    return f"{DESCRIBED}program = [{words}]\n"


@pytest.fixture
def capitals(tmp_path: Path, description: str) -> Handler:
    return described(tmp_path, description)


def described(folder: Path, text: str) -> Handler:
    path = folder / "commands"
    path.mkdir()
    (path / "x.toml").write_text(text)
    (handler,) = command.load(path, {})
    return handler


def offer_batch(farm: FarmServer, *words: str, batch: str = "b1") -> None:
    """t1, t2 ..., all of them in one moment."""
    with farm.changed:
        for number, word in enumerate(words, 1):
            given = [{"type": "text", "text": word}]
            farm.offer(f"t{number}", "x", given, {}, batch=batch)


def said(text: str) -> str:
    return str([{"type": "text", "text": text}])


def results(farm: FarmServer, count: int) -> list[str]:
    """The texts of t1, t2 ...; where there is none, the class of the error."""
    farm.wait_for(lambda: len(farm.outcomes) == count)
    found = [farm.outcomes[f"t{number}"] for number in range(1, count + 1)]
    return [
        one["outputs"][0]["text"] if one["outputs"] else one.get("error", {})["class"]
        for one in found
    ]


def test_one_program_does_all_and_each_has_its_own_outcome_and_the_log(
    farm: FarmServer, start: StartWorker, capitals: Handler
) -> None:
    offer_batch(farm, "a", "b", "c")

    start(capitals)

    assert results(farm, 3) == ["A", "B", "C"]
    assert set(farm.logs.values()) == {"one go: 0001.txt 0002.txt 0003.txt\n"}
    assert len(farm.logs) == 3
    assert farm.bodies("sign-on")[0]["offers"][0]["batch"] == 8


def test_one_alone_goes_the_same_way(
    farm: FarmServer, start: StartWorker, capitals: Handler
) -> None:
    farm.offer_text("t1", "panic", model="x")

    start(capitals)

    assert results(farm, 1) == ["PANIC"]
    assert farm.logs["t1"] == "one go: 0001.txt\n"


def test_a_missing_output_is_the_failure_of_that_one(
    farm: FarmServer, start: StartWorker, capitals: Handler
) -> None:
    offer_batch(farm, "a", "nothing", "")

    start(capitals)

    assert results(farm, 3) == ["A", "temporary", "temporary"]
    assert "gave no output" in farm.logs["t2"]
    assert "gave no output" not in farm.logs["t1"]


def test_out_of_memory_is_that_of_all(
    farm: FarmServer, start: StartWorker, capitals: Handler
) -> None:
    offer_batch(farm, "a", "memory", "c")

    start(capitals)

    assert results(farm, 3) == ["out_of_memory"] * 3


def test_an_input_that_arrives_damaged_keeps_nobody_else_waiting(
    farm: FarmServer, start: StartWorker, tmp_path: Path
) -> None:
    handler = described(
        tmp_path,
        'name = "x"\ninput = "image"\noutput = "image"\ncontent_type = "image/png"\nbatch = 2\n'
        'program = ["cp", "-R", "{inputs}/.", "{outputs}"]\n',
    )
    with farm.changed:
        for token, data in (("t1", b"good"), ("t2", b"bad")):
            farm.offer_file(token, data, "image/png", "x")
            farm.ready[-1]["batch"] = "b1"
    farm.files[hashlib.sha256(b"bad").hexdigest()] = b"???"

    start(handler)

    farm.wait_for(lambda: len(farm.outcomes) == 2)
    sha256 = hashlib.sha256(b"good").hexdigest()
    assert farm.outcomes["t1"]["outputs"] == [{"type": "image", "sha256": sha256}]
    assert farm.blobs[sha256] == b"good"
    assert farm.outcomes["t2"]["outcome"] == "failed"


def test_a_stop_of_one_drops_only_that_ones_result(
    farm: FarmServer, start: StartWorker, capitals: Handler, fifo: Path
) -> None:
    offer_batch(farm, "a", "wait", "c")
    start(capitals)
    farm.wait_for(lambda: len(farm.logs) == 3)

    farm.set(stopped={"t2"})
    farm.wait_for(lambda: farm.outcomes)  # at once, while the others go on
    fifo.write_text("go on")

    assert results(farm, 3) == ["A", "temporary", "C"]
    assert farm.outcomes["t2"]["outcome"] == "released"


def test_a_stop_of_all_ends_the_program(
    farm: FarmServer, start: StartWorker, capitals: Handler, fifo: Path
) -> None:
    offer_batch(farm, "a", "wait")
    start(capitals)
    farm.wait_for(lambda: len(farm.logs) == 2)

    farm.set(stopped={"t1", "t2"})

    farm.wait_for(lambda: len(farm.outcomes) == 2)  # which the last hands in once it has ended
    assert {one["outcome"] for one in farm.outcomes.values()} == {"released"}
    with pytest.raises(OSError, match="No such device or address"):  # nobody reads
        os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)


def test_a_batch_takes_one_place(
    farm: FarmServer, start: StartWorker, capitals: Handler, fifo: Path
) -> None:
    offer_batch(farm, "a", "wait", "c")
    farm.offer_text("t4", "d", model="x")
    start(capitals, slots=2)

    farm.wait_for(lambda: "t4" in farm.outcomes)
    assert len(farm.outcomes) == 1
    fifo.write_text("go on")

    assert results(farm, 4) == ["A", "WAIT", "C", "D"]


def test_each_is_renewed_by_its_own_token_and_ends_with_the_worker(
    farm: FarmServer, start: StartWorker, capitals: Handler, fifo: Path
) -> None:
    offer_batch(farm, "a", "wait")
    worker = start(capitals)
    farm.wait_for(lambda: len(farm.logs) == 2)
    farm.set(held={"t2": farm.held["t2"]})  # t1 was given to somebody else, as its renewal says
    worker.end()

    assert list(farm.outcomes) == ["t2"]
    assert farm.outcomes["t2"]["outcome"] == "released"


@pytest.fixture
def orphans(fifo: Path) -> Iterator[None]:
    """What a worker that was killed has left running: it ends with its FIFO."""
    yield
    kept = os.open(fifo, os.O_RDWR)
    fifo.unlink()
    os.close(kept)


@pytest.mark.usefixtures("orphans")
def test_a_batch_that_was_under_way_at_kill_9_is_done_again(
    farm: FarmServer, spawn: Spawn, folder: WorkerFolder, description: str
) -> None:
    described(folder.path, description)
    offer_batch(farm, "a", "wait", "c")
    first = spawn()
    farm.wait_for(lambda: len(farm.logs) == 3)

    kill(first)
    farm.held["t2"]["inputs"] = [{"type": "text", "text": "b"}]
    spawn()

    assert results(farm, 3) == ["A", "B", "C"]
    assert farm.logs["t1"] == "one go: 0001.txt 0002.txt 0003.txt\n" * 2


def test_of_a_batch_that_was_done_before_kill_9_nothing_is_done_again(
    farm: FarmServer, spawn: Spawn, folder: WorkerFolder, description: str
) -> None:
    described(folder.path, description)
    farm.is_busy_with_successes = True
    offer_batch(farm, "a", "nothing", "c")
    first = spawn()
    farm.wait_for(
        lambda: {str(body["outputs"]) for body in farm.bodies("finish")} >= {said("A"), said("C")}
    )
    farm.wait_for(lambda: farm.outcomes)

    kill(first)
    farm.set(is_busy_with_successes=False)
    spawn()

    assert results(farm, 3) == ["A", "temporary", "C"]
    assert farm.logs["t1"] == "one go: 0001.txt 0002.txt 0003.txt\n"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (DESCRIBED + 'program = ["x", "{input}", "{output}"]\n', "names {input}"),
        (DESCRIBED + 'program = ["x", "{inputs}"]\n', "reads the folder {inputs}"),
        (DESCRIBED + "stdin = true\n" + PROGRAM, "without stdin"),
        (DESCRIBED + 'preview = "p.jpg"\n' + PROGRAM, "without stdin, stdout and preview"),
        (DESCRIBED.replace("8", "0") + PROGRAM, "from 1 to 64"),
        (DESCRIBED.replace("8", "true") + PROGRAM, "from 1 to 64"),
        (DESCRIBED.replace("batch = 8", "") + PROGRAM, "names {inputs}"),
    ],
)
def test_a_file_that_is_wrong_is_refused_with_a_sentence(
    tmp_path: Path, text: str, sentence: str
) -> None:
    with pytest.raises(WorkerError) as caught:
        described(tmp_path, text)

    assert sentence in str(caught.value)
