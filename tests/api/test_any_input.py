"""Whatever comes in, no call answers with a 5xx (tests/thorough/test_api_schema.py asks them all)."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from invocations.api.runs import StartIn
from invocations.api.steps import BranchIn
from invocations.models import Run
from networks.api.schemas import NetworkIn

from .conftest import ApiClient

quickly = settings(
    max_examples=20,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
texts = st.text(max_size=30) | st.text("\x00\ud800\n%'\"<", max_size=8)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
slots = st.fixed_dictionaries(
    {"model": st.sampled_from(["dummy:text-to-text", "dummy:text-to-image", "no:such"]) | values},
    optional={
        "parameters": st.dictionaries(
            st.sampled_from(["delay_seconds", "fail", "noop"]) | texts, values, max_size=3
        )
        | values,
        "fallback": values,
    },
)
bodies = values | st.dictionaries(
    st.sampled_from([*NetworkIn.model_fields, *StartIn.model_fields, *BranchIn.model_fields]),
    values | st.lists(slots, max_size=3),
    max_size=4,
)


@quickly
@given(body=bodies)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "networks"),
        ("PATCH", "networks/whispers"),
        ("POST", "networks/whispers/runs"),
        ("POST", "invocations/{step}/branch"),
    ],
)
def test_any_json_gets_an_answer(
    method: str, path: str, body: object, owner: ApiClient, run: Run
) -> None:
    step = run.invocations.get().public_id
    content = json.dumps(body).encode()

    assert owner.send_raw(method, path.format(step=step), content).status_code < 500


@quickly
@given(
    query=st.dictionaries(
        st.sampled_from(["after", "cursor", "limit", "state", "q", "all", "topic"]),
        texts | st.integers().map(str),
        max_size=4,
    )
)
@pytest.mark.parametrize("path", ["networks", "runs", "models", "events", "runs/{run}/invocations"])
def test_any_question_gets_an_answer(
    path: str, query: dict[str, str], owner: ApiClient, run: Run
) -> None:
    sendable = {name: text.encode("utf-8", "replace") for name, text in query.items()}

    answer = owner.client.get(
        f"/api/v1/{path.format(run=run.public_id)}", sendable, headers=owner.headers
    )

    assert answer.status_code < 500


@quickly
@given(content=st.binary(max_size=200))
def test_any_bytes_get_an_answer(content: bytes, owner: ApiClient, run: Run) -> None:
    assert owner.send_raw("POST", "networks/whispers/runs", content).status_code < 500
