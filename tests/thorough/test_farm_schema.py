"""The description of what farm workers call is true, as that of the other API is."""

from __future__ import annotations

import json
from typing import Any

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.core.result import Ok

from accounts.models import User
from panic.api.farm_routes import api
from tests.farm.conftest import (  # noqa: F401  fixtures
    WorkerProgram,
    farm_as_of_now,
    started,
    worker,
)
from tests.thorough.test_api_schema import (
    PROMISES,
    connected,
    point_at,
    ten_times,
)

DESCRIBED = schemathesis.openapi.from_dict(json.loads(json.dumps(api.get_openapi_schema())))
DESCRIBED.app = get_wsgi_application()
CALLS: dict[str, Any] = {
    found.ok().label: found.ok()
    for found in DESCRIBED.get_all_operations()
    if isinstance(found, Ok)
}


@pytest.mark.parametrize("secret", ["its own", "none"])
@pytest.mark.parametrize("call", CALLS)
def test_a_call_of_a_worker_answers_as_described(
    call: str,
    secret: str,
    worker: WorkerProgram,  # noqa: F811
    alice: User,
) -> None:
    started(alice, "farm:shout")
    (work,) = worker.claim()
    known = {"token": work["token"], "sha256": "0" * 64}
    headers = {"Authorization": f"Bearer {worker.secret}"} if secret == "its own" else {}
    operation = CALLS[call]
    cases = [operation.as_strategy(generation_mode=mode) for mode in GenerationMode]

    @ten_times
    @given(case=st.one_of(cases), real=st.booleans())
    def ask(case: Any, real: bool) -> None:
        if real:
            point_at(known, case)
        with transaction.atomic():
            try:
                answer = case.call(headers=headers)
            finally:
                transaction.set_rollback(True)
        case.validate_response(answer, checks=PROMISES)

    with connected():
        ask()


def test_every_call_of_a_worker_is_asked() -> None:
    paths = api.get_openapi_schema()["paths"]

    assert len(CALLS) == sum(len(calls) for calls in paths.values())
    assert len(CALLS) == 11
