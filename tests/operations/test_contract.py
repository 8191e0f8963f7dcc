"""Every operation that is there, as it describes itself."""

from __future__ import annotations

import subprocess
import sys

import pytest

from operations.contract import Operation
from operations.errors import BadParameters
from operations.parameters import complete_parameters
from operations.registry import operations

ALL = {
    "probe",
    "split",
    "extract",
    "interpolate",
    "upscale",
    "caption",
    "loudness",
    "concat",
    "mux",
}


def test_those_of_the_design_are_there() -> None:
    assert set(operations()) >= ALL


@pytest.mark.parametrize("operation", operations().values(), ids=lambda one: one.name)
def test_operation_describes_itself(operation: Operation) -> None:
    values = complete_parameters(operation, {})

    assert operation.description.endswith(".")
    assert {one.name for one in operation.parameters} == set(values)
    assert all(one.description.endswith(".") for one in operation.parameters)
    assert any(one.serves(values) and not one.missing(values) for one in operation.backends)
    assert len({one.name for one in operation.backends}) == len(operation.backends)


@pytest.mark.parametrize("operation", operations().values(), ids=lambda one: one.name)
def test_backend_that_runs_by_default_is_not_a_degraded_one(operation: Operation) -> None:
    values = complete_parameters(operation, {})
    first = next(one for one in operation.backends if one.serves(values))

    assert not first.degraded(values)


@pytest.mark.parametrize(
    ("name", "value"),
    [("factor", 9), ("factor", 2.0), ("rate", 1000), ("rate", float("nan")), ("method", "magic")],
)
def test_value_outside_its_limits_is_refused(name: str, value: object) -> None:
    with pytest.raises(BadParameters, match=f"The parameter {name} must be"):
        complete_parameters(operations()["interpolate"], {name: value})


def test_operations_need_no_django() -> None:
    code = "import operations.runner, operations.registry, sys; operations.registry.operations();"
    code += "sys.exit('django' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
