"""The description is true: whatever is sent to a call, it answers with what the description says."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from panic.api.routes import api
from tests.api.conftest import ApiClient

# The pieces of a clip, as tus has them sent: bytes
schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")
DESCRIBED = schemathesis.openapi.from_dict(json.loads(json.dumps(api.get_openapi_schema())))
DESCRIBED.app = get_wsgi_application()
CALLS: dict[str, Any] = {
    found.ok().label: found.ok()
    for found in DESCRIBED.get_all_operations()
    if isinstance(found, Ok)
}
PROMISES = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
UNAVAILABLE = 503
ten_times = settings(max_examples=10, suppress_health_check=list(HealthCheck))


@contextmanager
def connected() -> Iterator[None]:
    """A served request closes the connection that it finds; here that is the test's own."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.parametrize("who", ["stranger", "owner", "admin"])
@pytest.mark.parametrize("call", CALLS)
def test_a_call_answers_as_described(
    call: str, who: str, request: pytest.FixtureRequest, known: Mapping[str, str]
) -> None:
    caller: ApiClient = request.getfixturevalue(who)
    operation = CALLS[call]
    cases = [operation.as_strategy(generation_mode=mode) for mode in GenerationMode]

    @ten_times
    @given(case=st.one_of(cases), real=st.booleans())
    def ask(case: Any, real: bool) -> None:
        if real:
            point_at(known, case)
        with transaction.atomic():
            try:
                answer = case.call(headers=caller.headers)
            finally:
                transaction.set_rollback(True)
        # A call that is unavailable says so in its description, which the other checks hold it to.
        checks = PROMISES[1:] if answer.status_code == UNAVAILABLE else PROMISES
        case.validate_response(answer, checks=checks)

    with connected():
        ask()


def point_at(known: Mapping[str, str], case: Any) -> None:
    """Have the case ask about what is there, and leave the rest of it as wild as it is."""
    for place in (case.path_parameters, case.query, case.body):
        if isinstance(place, dict):
            place.update({name: known[name] for name in place if name in known})


def test_every_call_is_asked() -> None:
    paths = api.get_openapi_schema()["paths"]

    assert len(CALLS) == sum(len(calls) for calls in paths.values())
