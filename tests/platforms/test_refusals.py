"""Every wording in which a provider declines the content is `Refused(sensitive)`, and no other is."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio
from pytest_django.fixtures import Settings

from platforms import http_pool, provider_errors
from platforms.base import Modality
from platforms.errors import PlatformError, Refused
from tests.fake_servers.process import FakeServer
from tests.platforms.conftest import Asked as AskedOfReplicate
from tests.platforms.hosted_platforms import HOSTED, Asked

pytestmark = [pytest.mark.enable_socket, pytest.mark.asyncio]
Vendors = Callable[[str], FakeServer]

# What models at Replicate end with; the first five are those the original knew.
OF_PREDICTIONS = [
    "NSFW content detected. Try running it again, or try a different prompt.",
    "The input or output was flagged as sensitive. Please try again with different inputs. (E005)",
    "The request may contain sensitive material (E006)",
    "Error generating image: inappropriate content",
    "adult content detected",
    "explicit content detected",
    "Your request was rejected as a result of our safety system.",
    "Image generation failed: all images violated Vertex AI's usage guidelines.",
    "Prompt rejected by content moderation.",
    "prompt not allowed because advanced moderation failed",
    "Request Moderated",
    "OutputImageSensitiveContentDetected: The request failed.",
    "input new_sensitive, content [1026]",
    "Failure to pass the risk control system",
    "Your input violates our Community Guidelines.",
    "Blocked by content filter",
    "The output video may be related to copyright restrictions.",
    "The prompt contains banned words.",
]
OF_MACHINES = [
    "CUDA out of memory",
    "Prediction interrupted; please retry (code: PA)",
    "no such safetensors",
    "Field names are case-sensitive",
    "prompt is too long: 600 of 512 tokens",
    "cannot read input: unsupported format",
]
# (who, what kind of model, how it declines)
IN_ANSWERS = [
    ("openai", "text", {"refusal": "message"}),
    ("openai", "text", {"refusal": "filter"}),
    ("compatible", "text", {"refusal": "message"}),
    ("compatible", "text", {"refusal": "filter"}),
    ("anthropic", "text", {"refusal": "message"}),
    ("gemini", "text", {"refusal": "prompt"}),
    *(
        ("gemini", "text", {"refusal": reason})
        for reason in ("SAFETY", "PROHIBITED_CONTENT", "BLOCKLIST", "SPII", "RECITATION")
    ),
    *(
        ("gemini", "image", {"refusal": reason})
        for reason in ("IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION")
    ),
    ("gemini", "text", {"refusal": "SAFETY", "output": "cut"}),
]
IN_ERRORS = [
    ("openai", 400, "content_policy_violation", "This request cannot be served."),
    ("openai", 400, "moderation_blocked", "This request cannot be served."),
    ("openai", 400, "content_filter", "The response was filtered."),
    (
        "openai",
        403,
        "fake_error",
        "Your request was flagged for potentially violating our policies.",
    ),
    ("compatible", 400, "content_filter", "The response was filtered."),
    ("compatible", 400, "ResponsibleAIPolicyViolation", "The response was filtered."),
    ("anthropic", 400, "fake_error", "Output blocked by content filtering policy"),
    ("gemini", 400, "fake_error", "The prompt contains prohibited content."),
    (
        "gemini",
        400,
        "fake_error",
        "Image generation blocked: it violates our guidelines on safety.",
    ),
    ("gemini", 451, "fake_error", "Not available where you are."),
]
OF_FORM = [
    ("openai", 400, "invalid_value", "Unknown parameter: 'colour'."),
    ("anthropic", 400, "fake_error", "max_tokens: must be greater than thinking.budget_tokens"),
    ("gemini", 400, "fake_error", "Invalid JSON payload received."),
    ("compatible", 422, "fake_error", "Field names are case-sensitive."),
]


@pytest_asyncio.fixture
async def vendors(vendor_process: Vendors, settings: Settings) -> AsyncIterator[Vendors]:
    """Puts a fake server in the place of the vendor that is named."""

    def put(slug: str) -> FakeServer:
        process = vendor_process(slug)
        HOSTED[slug].put(process.url, settings)
        return process

    yield put
    await http_pool.close()


async def raised_by(
    vendors: Vendors, slug: str, output: str, knobs: dict[str, object]
) -> PlatformError:
    vendor = vendors(slug)  # before its models: some are listed by it
    model = HOSTED[slug].model(Modality.TEXT, Modality(output))
    with pytest.raises(PlatformError) as failed:
        await Asked(vendor, model, knobs).answer()
    return failed.value


@pytest.mark.parametrize(("slug", "output", "knobs"), IN_ANSWERS)
async def test_an_answer_that_declines_is_a_refusal(
    vendors: Vendors, slug: str, output: str, knobs: dict[str, object]
) -> None:
    error = await raised_by(vendors, slug, output, knobs)

    assert isinstance(error, Refused)
    assert error.kind == "sensitive"
    assert error.is_charged


@pytest.mark.parametrize(("slug", "status", "code", "words"), IN_ERRORS)
async def test_an_error_that_declines_is_a_refusal(
    vendors: Vendors, slug: str, status: int, code: str, words: str
) -> None:
    error = await raised_by(
        vendors, slug, "text", {"error": str(status), "detail": words, "code": code}
    )

    assert isinstance(error, Refused)
    assert error.kind == "sensitive"


@pytest.mark.parametrize(("slug", "status", "code", "words"), OF_FORM)
async def test_an_error_about_the_form_is_no_judgement_of_the_content(
    vendors: Vendors, slug: str, status: int, code: str, words: str
) -> None:
    error = await raised_by(
        vendors, slug, "text", {"error": str(status), "detail": words, "code": code}
    )

    assert isinstance(error, Refused)
    assert error.kind == "invalid"


@pytest.mark.parametrize("words", OF_PREDICTIONS)
async def test_a_prediction_that_was_declined_is_a_refusal(
    provider: FakeServer, words: str
) -> None:
    with pytest.raises(Refused) as failed:
        await AskedOfReplicate({"failure": words, "seconds": 0}).answer()

    assert failed.value.kind == "sensitive"


@pytest.mark.parametrize("words", OF_PREDICTIONS)
async def test_and_so_is_a_request_for_one(provider: FakeServer, words: str) -> None:
    with pytest.raises(Refused) as failed:
        await AskedOfReplicate({"error": "422", "detail": words}).answer()

    assert failed.value.kind == "sensitive"


@pytest.mark.parametrize("words", OF_MACHINES)
async def test_what_a_machine_says_is_not(words: str) -> None:
    assert not provider_errors.is_sensitive(words)


async def test_words_hold_nothing_that_a_database_does_not_take() -> None:
    body = rb'{"error": {"message": "No\u0000 such \ud800key"}}'

    assert provider_errors.words_in(body) == "No such key"
