"""A wrong value stops the start with one clear sentence; a right one is read as it is meant."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from panic import environment
from tests.stack import NOT_INHERITED, ROOT, SERVICES

WRONG = [
    ("PANIC_PORT", "eighty", "PANIC_PORT must be a whole number"),
    ("DEBUG", "maybe", "DEBUG must be yes or no"),
    ("DATABASE_URL", "foo", "DATABASE_URL must begin with postgres:// or sqlite:///"),
    ("DATABASE_URL", "mysql://a/b", "DATABASE_URL must begin with postgres:// or sqlite:///"),
    ("DATABASE_URL", "postgres://host:port/x", "DATABASE_URL is not a database address"),
    (
        "DATABASE_URL",
        "postgres://a/b?prepare_threshold=never",
        "DATABASE_URL: prepare_threshold must be",
    ),
    ("REDIS_URL", "localhost", "REDIS_URL must look like redis://host:6379/0"),
    ("WAKEUP", "redis", "WAKEUP is redis, but REDIS_URL does not say where that is"),
    ("PUBLIC_URL", "http://panic.example:99999", "PUBLIC_URL must be an http or https address"),
    ("PUBLIC_URL", "http://[", "PUBLIC_URL must be an http or https address"),
    (
        "PUBLIC_URL",
        "https://x.example/panic",
        "PUBLIC_URL must be an address without a path such as",
    ),
    ("PUBLIC_URL", "https://x.example?a", "PUBLIC_URL must be an address without a path such as"),
    ("PUBLIC_URL", "https://u:p@x.example", "PUBLIC_URL must be an address without a path such as"),
    ("TRUSTED_PROXIES", "nginx", "TRUSTED_PROXIES must be addresses or networks such as 127.0.0.1"),
    ("TRUSTED_PROXIES", "10.0.0.1/8", "TRUSTED_PROXIES must be addresses or networks such as"),
    ("OPENAI_BASE_URL", "http://a b/v1", "OPENAI_BASE_URL must be an http or https address"),
    ("S3_ENDPOINT_URL", "minio", "S3_ENDPOINT_URL must be an http or https address"),
    ("COMPATIBLE_BASE_URL", "box=http://[", "COMPATIBLE_BASE_URL must be like box="),
    ("EMAIL_URL", "foo", "EMAIL_URL must look like smtp+tls://"),
    ("ALLOWED_HOSTS", "http://panic.example", "ALLOWED_HOSTS must be names such as panic.example"),
    ("SENTRY_DSN", "https://sentry.example/1", "SENTRY_DSN must look like https://key@"),
]


def run(tmp_path: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    inherited = {
        name: value for name, value in os.environ.items() if name not in (*NOT_INHERITED, *SERVICES)
    }
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**inherited, "PANIC_DATA_DIR": str(tmp_path), **variables},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


READ_SETTINGS = """
import importlib, json, os, sys
from django.core.exceptions import ImproperlyConfigured

def complaint(name, value):
    sys.modules.pop("panic.settings", None)
    os.environ[name] = value
    try:
        importlib.import_module("panic.settings")
    except ImproperlyConfigured as error:
        return str(error)
    finally:
        del os.environ[name]

print(json.dumps([complaint(*one) for one in json.loads(sys.argv[1])]))
"""


def test_a_wrong_value_is_told_of_in_one_sentence(tmp_path: Path) -> None:
    """All in one process, because each one takes half a second to begin."""
    wrong = json.dumps([(name, value) for name, value, _ in WRONG])

    ended = run(tmp_path, "-c", READ_SETTINGS, wrong)

    told = zip(json.loads(ended.stdout), WRONG, strict=True)
    assert [row for said, row in told if not (said or "").startswith(row[2])] == []
    assert "\n" not in "".join(json.loads(ended.stdout))


def test_a_wrong_value_stops_the_start(tmp_path: Path) -> None:
    ended = run(tmp_path, "manage.py", "up", PANIC_PORT="eighty")

    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr.startswith("PANIC! cannot start: PANIC_PORT must be a whole number")
    assert ended.stderr.count("\n") == 1


def test_right_values_are_taken(tmp_path: Path) -> None:
    code = (
        "import json; from panic import settings as s;"
        "print(json.dumps([s.ALLOWED_HOSTS, s.REDIS_URL, s.WAKEUP, s.PUBLIC_URL, s.SENTRY_DSN, [*map(str, s.TRUSTED_PROXIES)]]))"
    )
    given = {
        "ALLOWED_HOSTS": "panic.example,.b.example,10.0.0.2,[::1]",
        "REDIS_URL": "redis://:secret@host:6379/0",
        "WAKEUP": "redis",
        "PUBLIC_URL": "https://panic.example/",
        "SENTRY_DSN": "https://key@sentry.example/1",
        "TRUSTED_PROXIES": "127.0.0.1, fd00::/8",
    }

    ended = run(tmp_path, "-c", code, **given)

    hosts = ["panic.example", ".b.example", "10.0.0.2", "[::1]"]
    rest = [given["REDIS_URL"], "redis", "https://panic.example", given["SENTRY_DSN"]]
    proxies = ["127.0.0.1/32", "fd00::/8"]
    assert json.loads(ended.stdout) == [hosts, *rest, proxies]


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("https://Panic.Example", "https://panic.example"),
        ("HTTPS://panic.example:443/", "https://panic.example"),
        ("http://Panic.example:80", "http://panic.example"),
        ("http://panic.example:443", "http://panic.example:443"),
        ("https://[FD00::1]:8443", "https://[fd00::1]:8443"),
    ],
)
def test_the_public_address_is_written_as_browsers_write_it(
    monkeypatch: pytest.MonkeyPatch, given: str, meant: str
) -> None:
    """They name it in every form they send: without capitals and without the usual port."""
    monkeypatch.setenv("PUBLIC_URL", given)

    assert environment.origin("PUBLIC_URL") == meant


@pytest.mark.parametrize(
    ("query", "threshold"),
    [("", environment.PREPARE_THRESHOLD), ("?prepare_threshold=none", None)],
)
def test_plans_are_kept_on_postgres_unless_its_address_says_otherwise(
    query: str, threshold: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"postgres://a/b{query}")

    options = environment.database("DATABASE_URL", tmp_path / "panic.sqlite3")["OPTIONS"]

    assert isinstance(options, dict)
    assert options["prepare_threshold"] == threshold
    assert options["connect_timeout"] == 5
