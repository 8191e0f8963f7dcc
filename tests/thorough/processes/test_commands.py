"""What commands say in a process of their own: of a database without tables, of limits, of errors."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.deploy.test_environment import run

REPORTING = """
import json, logging, os
import django
os.environ["DJANGO_SETTINGS_MODULE"] = "panic.settings"
django.setup()
import sentry_sdk
from django.conf import settings
from django.test import Client, override_settings
from django.urls import path
from sentry_sdk.transport import Transport

class Kept(Transport):
    def capture_envelope(self, envelope):
        if event := envelope.get_event():
            print(json.dumps(event, default=str))

sentry_sdk.get_client().transport = Kept()

def view(request):
    prompt = request.POST["prompt"]
    logging.getLogger("panic").warning("somebody typed %s", prompt)
    raise RuntimeError(f"it broke with {settings.PLATFORM_KEYS['REPLICATE_API_TOKEN']}")

urlpatterns = [path("broken/", view)]

with override_settings(ROOT_URLCONF="__main__"):
    client = Client(raise_request_exception=False, headers={"authorization": "Bearer planted"})
    assert client.post("/broken/?token=planted", {"prompt": "planted words"}).status_code == 500
"""


@pytest.mark.parametrize(
    "command",
    [("up",), ("create_api_token", "ada@example.org"), ("seed_demo",)],
    ids=lambda c: c[0],
)
def test_a_database_without_tables_is_told_of_in_one_sentence(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    ended = run(tmp_path, "manage.py", *command)

    assert ended.returncode == 1
    assert ended.stderr.startswith("CommandError: The database lacks ")
    assert ended.stderr.count("\n") == 1


def test_a_limit_for_a_platform_that_is_not_there_is_pointed_out(tmp_path: Path) -> None:
    ended = run(tmp_path, "manage.py", "check", PLATFORM_LIMITS="replicat:2,openai:2")

    assert "PLATFORM_LIMITS limits “replicat”, and there is no such platform" in ended.stderr
    assert "“openai”" not in ended.stderr


def test_an_error_is_reported_without_anything_of_people(tmp_path: Path) -> None:
    ended = run(
        tmp_path,
        "-c",
        REPORTING,
        DEBUG="yes",
        SENTRY_DSN="http://key@127.0.0.1:9/1",
        REPLICATE_API_TOKEN="r8_planted_key",
    )

    assert ended.returncode == 0, ended.stderr
    (line,) = ended.stdout.splitlines()
    (error,) = json.loads(line)["exception"]["values"]
    assert (error["type"], error["value"]) == ("RuntimeError", "it broke with ••••")
    assert error["stacktrace"]["frames"][-1]["function"] == "view"
    assert "planted" not in line


@pytest.mark.parametrize(
    "setting",
    ["COMPATIBLE_BASE_URL=box=http://127.0.0.1:9/v1", "COMFYUI_BASE_URL=http://127.0.0.1:9"],
)
def test_a_command_starts_with_a_model_server_in_the_settings(setting: str, tmp_path: Path) -> None:
    name, _, value = setting.partition("=")

    done = run(tmp_path, "manage.py", "check", **{name: value})

    assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr
