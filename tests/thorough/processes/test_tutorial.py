"""A new platform is one file of under 40 lines: the one that docs/platforms.md shows, as it stands."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from pytest_django.fixtures import Settings

from platforms import adapters, http, registry
from platforms.base import Call, Model, Output
from platforms.errors import Cancelled, NotConfigured, PlatformError, RateLimited, Unavailable
from tests.fake_servers.process import ROOT, FakeServer, running_server
from tests.platforms import tutorial

pytestmark = pytest.mark.enable_socket
KEY = "ACME_API_KEY"


@pytest.fixture(scope="module")
def vendor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeServer]:
    with running_server("acme", tmp_path_factory.mktemp("acme") / "journal.jsonl") as process:
        process.control(default={"seconds": 0, "base": process.url})
        yield process


@pytest_asyncio.fixture
async def brush(vendor: FakeServer, settings: Settings, tmp_path: Path) -> AsyncIterator[Model]:
    """The model of the tutorial, found by its file being there."""
    before = list(adapters.__path__)
    settings.PLATFORM_URLS = {"ACME_BASE_URL": f"{vendor.url}/v1"}
    tutorial.put_in_place(tmp_path)
    registry.load_adapters()
    yield registry.get_model("acme:brush")
    registry.unregister("acme")
    del sys.modules["platforms.adapters.acme"]
    del adapters.acme  # type: ignore[attr-defined]  # importing has set it
    adapters.__path__[:] = before
    await http.close()


def call_to(model: Model, key: str = "a-key") -> Call:
    return Call(model, "a red disc", {}, {KEY: key}, idempotency_key=uuid.uuid4().hex)


async def answer(call: Call) -> Output:
    output = await registry.get_platform("acme").invoke(call)
    assert isinstance(output, Output)
    return output


def test_the_document_shows_it_in_under_forty_lines() -> None:
    assert len(tutorial.source().splitlines()) < 40


def test_the_documents_program_is_formatted_and_linted_as_the_rest(tmp_path: Path) -> None:
    file = tmp_path / "acme.py"
    file.write_text(tutorial.source())
    tools = (
        ["ruff", "format", "--check", "--config", "pyproject.toml"],
        ["ruff", "check", "--config", "pyproject.toml"],
    )

    for tool in tools:
        subprocess.run([sys.executable, "-m", *tool, str(file)], cwd=ROOT, check=True)


def test_it_passes_the_contract_tests_of_every_platform(vendor: FakeServer, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", "-p"]
    command += ["tests.platforms.tutorial", "tests/platforms/test_contract.py", "-k", "acme"]
    asked = {"ACME_FOLDER": str(tmp_path), "ACME_BASE_URL": f"{vendor.url}/v1"}
    kept = {name: one for name, one in os.environ.items() if name != "PANIC_DATA_DIR"}

    done = subprocess.run(
        command, cwd=ROOT, env={**kept, **asked}, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout[-2_000:] + done.stderr[-2_000:]
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed
    assert int(passed[1]) >= 6
    assert "skipped" not in done.stdout


@pytest.mark.asyncio
async def test_it_answers_with_a_picture_and_asks_and_pays_once(
    brush: Model, vendor: FakeServer
) -> None:
    call = call_to(brush)

    output = await answer(call)

    assert output.url
    assert httpx.get(output.url, trust_env=False).content.startswith(b"\x89PNG")
    noted = [line["event"] for line in vendor.entries() if line.get("key") == call.idempotency_key]
    assert noted == ["create", "charge"]


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("knobs", "expected"),
    [
        ({"error": "429", "retry_after": 7}, RateLimited),
        ({"error": "500"}, Unavailable),
        ({"error": "drop"}, Unavailable),
        ({"error": "html"}, Unavailable),
        ({"error": "empty"}, Unavailable),
        ({"output": "none"}, Unavailable),
    ],
)
async def test_whatever_its_vendor_does_becomes_an_error_of_ours(
    brush: Model, vendor: FakeServer, knobs: dict[str, object], expected: type[PlatformError]
) -> None:
    vendor.control(next=[knobs])

    with pytest.raises(expected):
        await answer(call_to(brush))


@pytest.mark.asyncio
async def test_a_wrong_key_is_named(brush: Model) -> None:
    with pytest.raises(NotConfigured, match=KEY):
        await answer(call_to(brush, key="wrong"))


@pytest.mark.asyncio
async def test_a_stop_that_committed_keeps_the_request_from_leaving(
    brush: Model, vendor: FakeServer
) -> None:
    call = call_to(brush)

    async def stopped() -> None:
        raise Cancelled

    call.on_begin = stopped

    with pytest.raises(Cancelled):
        await answer(call)
    assert call.idempotency_key not in {line.get("key") for line in vendor.entries()}
