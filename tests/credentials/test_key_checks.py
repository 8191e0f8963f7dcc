"""The test button: what each vendor is asked, and what is remembered of its answer."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from datetime import timedelta

import pytest
from asgiref.sync import async_to_sync
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import User
from credentials.key_checks import check_key, keys_due_for_retest
from credentials.models import Credential, OperatorKey
from credentials.operator_keys import operator_keys
from credentials.resolution import CredentialResolver
from invocations import tasks
from tests.fake_servers.process import FakeServer, running_server
from tests.invocations.conftest import Threads
from tests.platforms.hosted_platforms import HOSTED

pytestmark = [pytest.mark.enable_socket, pytest.mark.django_db]
KEY = "sk-planted-secret-0042"
SLUGS = ["replicate", *HOSTED]


@pytest.fixture(params=SLUGS)
def slug(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def processes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, FakeServer]]:
    """Each fake server, started when it is first asked for."""
    with contextlib.ExitStack() as closing:

        class Started(dict[str, FakeServer]):
            def __missing__(self, slug: str) -> FakeServer:
                journal = tmp_path_factory.mktemp(slug) / "journal.jsonl"
                self[slug] = closing.enter_context(running_server(slug, journal))
                return self[slug]

        yield Started()


@pytest.fixture
def vendor(slug: str, processes: dict[str, FakeServer], settings: Settings) -> FakeServer:
    process = processes[slug]
    process.control(default={"listing_error": "", "listing": "", "detail": ""})
    if slug == "replicate":
        settings.PLATFORM_URLS = {"REPLICATE_BASE_URL": process.url}
    else:
        HOSTED[slug].put(process.url, settings)
    return process


def store(slug: str, plain: str = KEY) -> Credential:
    owner = User.objects.create_user("alice@example.org")
    text = f"box={plain}" if slug == "compatible" else plain
    return Credential.store(owner=owner, platform=slug, name="Studio", plain=text)


def test_a_good_key_passes_for_nothing_and_is_noted(slug: str, vendor: FakeServer) -> None:
    key = store(slug)
    charged = len(vendor.entries("charge"))
    key.note_refusal("It was refused once.", at=timezone.now())

    proof = check_key(key)

    assert proof.passed is True
    assert "takes this key" in proof.sentence
    kept = Credential.objects.get()
    assert (kept.passed, kept.verdict, kept.refused) == (True, proof.sentence, False)
    assert kept.tested_at
    assert timezone.now() - kept.tested_at < timedelta(minutes=1)
    assert len(vendor.entries("charge")) == charged


def test_a_wrong_key_fails_in_a_sentence_and_starts_nothing_more(
    slug: str, vendor: FakeServer
) -> None:
    key = store(slug, "wrong")

    proof = check_key(key)

    assert proof.passed is False
    assert "401" in proof.sentence
    assert proof.sentence.endswith("Check the key “Studio”.")
    kept = Credential.objects.get()
    assert kept.refused
    assert CredentialResolver(kept.owner_id, operator_keys=False).resolve(slug).problem


@pytest.mark.parametrize("error", ["500", "502", "429", "drop", "garbage"])
def test_a_platform_that_is_down_says_nothing_about_the_key(
    slug: str, vendor: FakeServer, error: str
) -> None:
    key = store(slug)
    answers = {"listing_error": error}
    if slug == "compatible":
        answers = {"listing": "garbage"}
    vendor.control(default=answers)

    proof = check_key(key)

    assert proof.passed is None
    assert proof.sentence
    assert not Credential.objects.get().refused


def test_what_the_vendor_repeats_of_the_key_is_written_nowhere(
    slug: str, vendor: FakeServer, caplog: pytest.LogCaptureFixture
) -> None:
    key = store(slug)
    vendor.control(default={"listing_error": "401", "detail": f"No such key: {KEY}"})

    with caplog.at_level(logging.DEBUG):
        proof = check_key(key)

    assert "planted" not in proof.sentence + str(Credential.objects.values()) + caplog.text


def test_an_unreachable_platform_is_not_the_keys_fault(settings: Settings) -> None:
    settings.PLATFORM_URLS = {"OPENAI_BASE_URL": "http://127.0.0.1:9/v1"}

    proof = check_key(store("openai"))

    assert proof.passed is None
    assert "cannot be reached" in proof.sentence


@pytest.mark.parametrize("slug", ["replicate"])
def test_the_operators_own_key_is_tried_and_known_by_its_digest_alone(
    slug: str, vendor: FakeServer, settings: Settings
) -> None:
    settings.PLATFORM_KEYS = {"REPLICATE_API_TOKEN": KEY}
    (key,) = operator_keys()

    proof = check_key(key)

    assert proof.passed is True
    assert OperatorKey.objects.get().passed is True
    assert "planted" not in str(OperatorKey.objects.values())


def test_a_platform_without_a_free_way_says_so() -> None:
    proof = check_key(store("dummy"))

    assert (proof.passed, proof.sentence) == (
        None,
        "Dummy has no free way to test a key: its first use will tell.",
    )


def test_a_refused_key_is_tried_again_by_itself_ever_more_seldom() -> None:
    key, at = store("replicate"), timezone.now()
    key.note_refusal("Replicate answered 401.", at=at)
    tried = []

    for minute in range(0, 2_000, 5):
        now = at + timedelta(minutes=minute)
        if key.is_due_for_retest(now):
            key.note_test("Replicate answered 401.", passed=False, refused=True, at=now)
            tried.append(minute)

    assert tried == [10, 20, 40, 80, 160, 320, 640, 1280]


def test_one_of_many_workers_is_told_to_try_it() -> None:
    key, at = store("replicate"), timezone.now()
    key.note_refusal("Replicate answered 401.", at=at - timedelta(minutes=11))
    one, two = (Credential.objects.get() for _ in range(2))

    assert keys_due_for_retest(Credential, at) == [key.pk]
    assert (one.claim_retest(at), two.claim_retest(at)) == (True, False)
    assert keys_due_for_retest(Credential, at) == []


def test_a_key_that_the_environment_has_no_more_is_left_alone(settings: Settings) -> None:
    settings.PLATFORM_KEYS = {"REPLICATE_API_TOKEN": KEY}
    (key,) = operator_keys()
    key.note_refusal("Replicate answered 401.", at=timezone.now() - timedelta(hours=1))
    due = keys_due_for_retest(OperatorKey, timezone.now())

    settings.PLATFORM_KEYS = {"REPLICATE_API_TOKEN": "another"}

    assert len(due) == 1
    assert keys_due_for_retest(OperatorKey, timezone.now()) == []


@pytest.mark.parametrize("slug", ["replicate"])
def test_what_was_an_outage_is_over_without_anybody(slug: str, vendor: FakeServer) -> None:
    key = store(slug)
    key.note_refusal("Replicate answered 401.", at=timezone.now() - timedelta(minutes=11))

    async_to_sync(tasks._try)(Credential, key.pk, Threads())

    kept = Credential.objects.get()
    assert (kept.refused, kept.passed) == (False, True)
