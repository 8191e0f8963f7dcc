"""Programs of the operator's: what they are given, what they give, and how they fail."""

from __future__ import annotations

import hashlib
import os
import sys
import threading
from pathlib import Path

import pytest

from panic_worker.failures import ErrorClass, WorkerError, WorkFailed, WorkStopped
from panic_worker.handlers import command
from panic_worker.handlers.base import Handler, Work, WorkInput, WorkResult
from panic_worker.requirements import SpecsNeeded, check_specs
from panic_worker.stopping import StopCause, StopSignal
from tests.worker.conftest import StartWorker
from tests.worker.farm_server import FarmServer

ON_TEXT = 'name = "x"\ninput = "text"\noutput = "text"\nstdin = true\nstdout = true\n'


OF_NUMBER = ON_TEXT + 'program = ["x"]\n[parameters.a]\ntype = "integer"\n'


def described(folder: Path, text: str, **variables: str) -> Handler:
    path = folder / "commands"
    path.mkdir(exist_ok=True)
    (path / "x.toml").write_text(text)
    (handler,) = command.load(path, variables)
    return handler


def python(code: str) -> str:
    """A line of TOML: the program is this interpreter with this code."""
    return f"program = ['{sys.executable}', '-S', '-c', '''{code}''']\n"


def done(handler: Handler, folder: Path, text: str = "panic", **more: object) -> WorkResult:
    work_folder = folder / "work"
    work_folder.mkdir()
    return handler.run(Work("x", [WorkInput("text", text=text)], work_folder, **more))  # type: ignore[arg-type]


def test_text_goes_through_standard_input_and_output(tmp_path: Path) -> None:
    handler = described(tmp_path, ON_TEXT + 'program = ["tr", "a-z", "A-Z"]\n')

    result = done(handler, tmp_path, "panic & more; $(reboot)")

    assert result.text == "PANIC & MORE; $(REBOOT)"


def test_files_go_through_paths_of_the_workers_own(tmp_path: Path) -> None:
    handler = described(
        tmp_path,
        'name = "x"\ninput = "text"\noutput = "image"\ncontent_type = "image/png"\n'
        'program = ["cp", "{input}", "{output}"]\n',
    )

    result = done(handler, tmp_path, "--not an option")

    assert result.path is not None
    assert result.path.read_text() == "--not an option"
    assert result.path.suffix == ".png"
    assert result.content_type == "image/png"


def test_parameters_reach_the_arguments_by_their_declared_types(tmp_path: Path) -> None:
    handler = described(
        tmp_path,
        ON_TEXT
        + 'program = ["echo", "{parameters.seed}", "{parameters.style}", "{parameters.fast}"]\n'
        + '[parameters.seed]\ntype = "integer"\ndefault = 1\nmaximum = 9\n'
        + '[parameters.style]\nenum = ["oil", "ink"]\ndefault = "oil"\n'
        + '[parameters.fast]\ntype = "boolean"\ndefault = false\n',
    )

    result = done(handler, tmp_path, parameters={"seed": 7, "fast": True})

    assert result.text == "7 oil true"


def test_what_differs_between_machines_is_in_their_own_settings(tmp_path: Path) -> None:
    text = ON_TEXT + 'program = ["{variables.tool}", "{variables.words}"]\n'

    result = done(described(tmp_path, text, tool="echo", words="a b"), tmp_path)

    assert result.text == "a b"
    with pytest.raises(WorkerError, match="sets no words"):
        described(tmp_path, text, tool="echo")


def test_weights_are_checked_before_their_program_is_offered(tmp_path: Path) -> None:
    path = tmp_path / "model.bin"
    path.write_bytes(b"weights")
    sha256 = hashlib.sha256(b"weights").hexdigest()
    text = ON_TEXT + 'program = ["cat"]\n[[weights]]\n' + f'path = "{path}"\nsha256 = "{sha256}"\n'
    handler = described(tmp_path, text)

    handler.self_test(tmp_path)
    (offer,) = handler.offers()
    assert offer.weights_sha256 == sha256

    path.write_bytes(b"others")
    with pytest.raises(WorkFailed, match="are others than its file says"):
        handler.self_test(tmp_path)
    path.unlink()
    with pytest.raises(WorkFailed, match="cannot be read"):
        handler.self_test(tmp_path)


@pytest.mark.parametrize("value", ["; reboot", 10, 1.5, None, True])
def test_a_parameter_of_another_type_reaches_nothing(tmp_path: Path, value: object) -> None:
    handler = described(
        tmp_path,
        ON_TEXT
        + 'program = ["echo", "{parameters.seed}"]\n'
        + '[parameters.seed]\ntype = "integer"\ndefault = 1\nmaximum = 9\n',
    )

    with pytest.raises(WorkFailed, match="seed has a wrong value"):
        done(handler, tmp_path, parameters={"seed": value})


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (ON_TEXT, "program is a list of words"),
        (ON_TEXT + 'program = ["echo", "{prompt}"]\n', "names {prompt}"),
        (ON_TEXT + 'program = ["{input}"]\n', "cannot depend on the work"),
        (ON_TEXT + 'program = ["x"]\n[parameters.a]\ntype = "string"\ndefault = ""\n', "free text"),
        (ON_TEXT + 'program = ["x"]\nshell = true\n', "no setting shell"),
        (ON_TEXT + 'program = ["x"]\nprogress = "("\n', "no regular expression"),
        (ON_TEXT + 'program = ["x"]\npreview = "../p.jpg"\n', "in the folder of the work"),
        ('name = "x"\ninput = "text"\noutput = "text"\nprogram = ["x"]\n', "needs its input"),
        (
            ON_TEXT.replace('output = "text"', 'output = "image"') + 'program = ["x"]\n',
            "content_type",
        ),
        ("name = ", "cannot be read"),
        (ON_TEXT + 'program = ["./x"]\n', "a path from the root"),
        (ON_TEXT + 'program = ["x"]\ntypical_seconds = 1e9\n', "at most 86400"),
        (ON_TEXT + 'program = ["x"]\ntypical_seconds = inf\n', "not below 0"),
        (OF_NUMBER + "default = 3\nmultipleOf = 2\n", "multipleOf"),
        (OF_NUMBER + "default = 30\nmaximum = 9\n", "beyond its limits"),
        (OF_NUMBER + 'default = "3"\n', "is no integer"),
        (OF_NUMBER + "default = true\n", "is no integer"),
        (OF_NUMBER + 'default = 3\nminimum = "0"\n', "are numbers"),
    ],
)
def test_a_file_that_is_wrong_is_refused_with_a_sentence(
    tmp_path: Path, text: str, sentence: str
) -> None:
    with pytest.raises(WorkerError, match=r"x\.toml") as caught:
        described(tmp_path, text)

    assert sentence in str(caught.value)


def test_a_program_that_cannot_be_started_is_not_offered(tmp_path: Path) -> None:
    (tmp_path / "tool").write_text("#!/bin/sh\n")
    handler = described(tmp_path, ON_TEXT + f"program = ['{tmp_path / 'tool'}']\n")

    with pytest.raises(WorkFailed, match="is not executable"):
        handler.self_test(tmp_path)


def test_a_title_that_is_empty_is_the_name(tmp_path: Path) -> None:
    (offer,) = described(tmp_path, ON_TEXT + 'program = ["cat"]\ntitle = " "\n').offers()

    assert offer.title == "x"


def test_a_program_that_needs_too_much_memory_fails_as_such(tmp_path: Path) -> None:
    handler = described(tmp_path, ON_TEXT + "memory_mb = 200\n" + python("bytearray(1 << 30)"))

    with pytest.raises(WorkFailed) as caught:
        done(handler, tmp_path)

    assert caught.value.error_class is ErrorClass.OUT_OF_MEMORY
    assert "MemoryError" in caught.value.detail


def test_a_program_that_is_killed_fails_and_says_so(tmp_path: Path) -> None:
    code = "import os; os.kill(os.getpid(), 9)"
    handler = described(tmp_path, ON_TEXT + python(code))

    with pytest.raises(WorkFailed, match="killed by the system") as caught:
        done(handler, tmp_path)

    assert caught.value.error_class is ErrorClass.OUT_OF_MEMORY


def test_a_program_that_writes_without_end_is_stopped(tmp_path: Path) -> None:
    code = "while True: print('x' * 65536)"
    handler = described(tmp_path, ON_TEXT + "output_mb = 1\n" + python(code))

    with pytest.raises(WorkFailed):
        done(handler, tmp_path)

    assert (tmp_path / "work" / "output.txt").stat().st_size <= 1 << 20


def test_a_program_that_fails_shows_the_end_of_what_it_wrote(tmp_path: Path) -> None:
    handler = described(tmp_path, ON_TEXT + python('raise SystemExit("no such style")'))

    with pytest.raises(WorkFailed, match="ended with status 1") as caught:
        done(handler, tmp_path)

    assert caught.value.detail == "no such style"


def test_a_program_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    handler = described(tmp_path, ON_TEXT + "seconds = 0.05\n" + 'program = ["sleep", "3600"]\n')

    with pytest.raises(WorkFailed, match=r"took longer than 0\.05 s"):
        done(handler, tmp_path)


def test_a_program_without_output_has_failed(tmp_path: Path) -> None:
    handler = described(tmp_path, ON_TEXT + 'program = ["true"]\n')

    with pytest.raises(WorkFailed, match="gave no output"):
        done(handler, tmp_path)


def test_stopping_ends_the_program_and_what_it_started(tmp_path: Path) -> None:
    """Its child keeps the write end of a FIFO open for as long as it lives."""
    fifo = tmp_path / "alive"
    os.mkfifo(fifo)
    script = f"(exec 3>{fifo}; trap '' TERM; sleep 3600) & echo begun >&2; wait"
    handler = described(tmp_path, ON_TEXT + f"program = ['sh', '-c', '''{script}''']\n")
    stop = StopSignal()

    def stop_once_it_runs() -> None:
        with fifo.open("rb") as alive:  # opened only once the child has it open as well
            stop.request(StopCause.CANCELLED, "The run was stopped.")
            alive.read()
            all_ended.set()

    all_ended = threading.Event()
    watcher = threading.Thread(target=stop_once_it_runs)
    watcher.start()

    with pytest.raises(WorkStopped):
        done(handler, tmp_path, stop=stop)

    watcher.join(60)
    assert all_ended.is_set()


def test_its_lines_are_logged_and_tell_the_progress(tmp_path: Path) -> None:
    code = 'import sys; sys.stderr.write("step 1/4\\rstep 2/4\\rdone\\n"); print("ok")'
    progress = r"progress = 'step (?P<done>\d+)/(?P<total>\d+)'" + "\n"
    handler = described(tmp_path, ON_TEXT + progress + python(code))
    lines: list[str] = []
    fractions: list[float] = []

    result = done(
        handler,
        tmp_path,
        log=lines.append,
        progress=lambda fraction, phase, eta: fractions.append(fraction),
    )

    assert result.text == "ok"
    assert lines == ["step 1/4", "step 2/4", "done"]
    assert fractions == [0.25, 0.5]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has the score")
def test_children_are_the_first_victims_when_memory_runs_out(tmp_path: Path) -> None:
    handler = described(tmp_path, ON_TEXT + 'program = ["cat", "/proc/self/oom_score_adj"]\n')

    assert done(handler, tmp_path).text == "1000"


def test_the_worker_lives_on_after_a_child_that_was_killed(
    farm: FarmServer, start: StartWorker, tmp_path: Path
) -> None:
    code = (
        "import os, sys; os.kill(os.getpid(), 9) if sys.stdin.read() == 'die' else print('alive')"
    )
    handler = described(tmp_path, ON_TEXT + python(code))
    farm.offer_text("t1", "die", model="x")
    farm.offer_text("t2", "live", model="x")

    start(handler)

    farm.wait_for(lambda: "t2" in farm.outcomes)
    assert farm.outcomes["t1"]["error"]["class"] == "out_of_memory"
    assert farm.outcomes["t2"]["outputs"] == [{"type": "text", "text": "alive"}]


def test_a_program_is_not_offered_where_the_machine_has_too_little_for_it() -> None:
    specs = {
        "cpus": 4,
        "memory_bytes": 8 << 30,
        "gpus": [{"memory_bytes": 6 << 30}, {"memory_bytes": 2 << 30}],
    }

    check_specs(SpecsNeeded(cpus=4, memory_mb=8192, gpu_memory_mb=6144), specs)
    for needed, sentence in (
        (SpecsNeeded(cpus=5), "It needs 5 processors, and this machine has 4."),
        (SpecsNeeded(memory_mb=9000), "It needs 9000 MB of memory, and this machine has 8192."),
        (
            SpecsNeeded(gpu_memory_mb=8000),
            "It needs 8000 MB of memory on a GPU, and this machine has 6144.",
        ),
    ):
        with pytest.raises(WorkFailed, match=sentence):
            check_specs(needed, specs)
    with pytest.raises(WorkFailed, match="has 0"):
        check_specs(SpecsNeeded(gpu_memory_mb=1), {"gpus": []})


def test_what_a_program_requires_stands_in_its_file(tmp_path: Path) -> None:
    text = ON_TEXT + python("") + "[requires]\ncpus = 100000\n"
    with pytest.raises(WorkFailed, match="It needs 100000 processors"):
        described(tmp_path, text).self_test(tmp_path)
    with pytest.raises(WorkerError, match=r"\[requires\] has no gpu"):
        described(tmp_path, ON_TEXT + python("") + "[requires]\ngpu = 1\n")
