"""The commands for whoever sets up and keeps an installation."""

from __future__ import annotations

import json
import re
import socket
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from django.core.management import CommandError, call_command

from accounts.models import ApiToken, User
from displays.models import Installation
from lib.proxies import UNKNOWN_PROXY_FILE, parse_network
from networks.models import Network
from panic.doctor import examine, mail, opening_hours, proxies
from panic.management.commands import up
from panic.startup import first_admin_file, startup_message
from tests.stack import ROOT

if TYPE_CHECKING:
    from pytest_django import Settings

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def data_dir(settings: Settings, tmp_path: Path) -> Path:
    settings.DATA_DIR = settings.RUN_DIR = tmp_path
    return tmp_path


def run(command: str, *arguments: str) -> str:
    out = StringIO()
    call_command(command, *arguments, stdout=out)
    return out.getvalue()


def test_a_token_is_the_last_line_and_speaks_for_a_new_user() -> None:
    lines = run("create_api_token", "ada@example.org").splitlines()

    user = ApiToken.user_from_text(lines[-1])

    assert user is not None
    assert user.email == "ada@example.org"
    assert not user.is_admin
    assert not user.has_usable_password()


def test_a_token_may_make_an_admin_of_somebody_who_exists() -> None:
    ada = User.objects.create_user("ada@example.org", "a long password")

    token = run("create_api_token", "ADA@example.org", "--admin").splitlines()[-1]

    user = ApiToken.user_from_text(token)
    assert user == ada
    assert user.is_admin
    assert user.check_password("a long password")


def test_no_token_without_an_address() -> None:
    with pytest.raises(CommandError, match="not an e-mail address"):
        run("create_api_token", "ada")
    assert not User.objects.exists()


def test_the_first_admin_is_made_once_and_shown_once() -> None:
    run("ensure_admin")
    run("ensure_admin")
    kept = json.loads(first_admin_file().read_text())
    mode = first_admin_file().stat().st_mode

    first, second = startup_message("127.0.0.1", 8000), startup_message("127.0.0.1", 8000)

    (admin,) = User.objects.filter(is_superuser=True)
    assert admin.check_password(kept["password"])
    assert mode & 0o077 == 0
    assert re.fullmatch(r"admin-[0-9a-f]{6}@localhost", admin.email)
    assert f"admin       {admin.email}" in first
    assert kept["password"] in first
    assert kept["password"] not in second
    assert not first_admin_file().exists()


def test_the_startup_message_names_the_public_address(settings: Settings) -> None:
    settings.PUBLIC_URL = "https://panic.example"

    assert "https://panic.example/" in startup_message("0.0.0.0", 8000)  # noqa: S104


def test_a_taken_port_is_said_in_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(CommandError, match=rf"Cannot listen on 127.0.0.1, port {port}"):
            up.listening_socket("127.0.0.1", port)


def test_a_port_that_is_none_is_said_in_one_sentence() -> None:
    with pytest.raises(CommandError, match="Cannot listen"):
        up.listening_socket("127.0.0.1", 70_000)


def test_static_files_of_an_older_version_are_said_in_one_sentence() -> None:
    names = [path.relative_to(ROOT / "static").as_posix() for path in ROOT.glob("static/**/*.*")]
    whole = SimpleNamespace(hashed_files=dict.fromkeys(names, ""))
    older = SimpleNamespace(hashed_files={name: "" for name in names if name != "css/base.css"})

    up.refuse_missing_static_files(whole)
    with pytest.raises(CommandError, match=r"^1 static files are .* such as css/base\.css: run"):
        up.refuse_missing_static_files(older)


def test_the_doctor_finds_a_queue_that_is_not_there() -> None:
    findings = {finding.subject: finding for finding in examine()}

    assert findings["worker heartbeat"].wrong
    assert findings["disk"].mark == "ok"
    assert all(finding.sentence for finding in findings.values())


def test_the_doctor_names_a_proxy_that_is_not_trusted_until_it_is(settings: Settings) -> None:
    (settings.RUN_DIR / UNKNOWN_PROXY_FILE).write_text("10.0.0.5")

    (unknown,) = proxies()
    settings.TRUSTED_PROXIES = [parse_network("10.0.0.0/8")]
    (trusted,) = proxies()

    assert unknown.mark == "note"
    assert "set TRUSTED_PROXIES=10.0.0.5" in unknown.sentence
    assert (trusted.mark, trusted.sentence) == ("ok", "Trusted: 10.0.0.0/8.")


def test_the_doctor_says_what_is_missing_for_mail(settings: Settings) -> None:
    settings.EMAIL_URL, settings.PUBLIC_URL = "smtp://localhost", ""

    (without_address,) = mail()
    settings.PUBLIC_URL = "https://panic.example"
    (complete,) = mail()
    settings.EMAIL_URL = ""

    assert without_address.mark == "note"
    assert "Set PUBLIC_URL." in without_address.sentence
    assert complete.mark == "ok"
    assert list(mail()) == []


def test_the_doctor_names_time_zones_that_this_machine_does_not_know(network: Network) -> None:
    hall = Installation.objects.create(network=network, name="Hall")
    period = {"days": ["mon"], "opens": "10:00", "closes": "18:00", "zone": "Europe/Zurich"}
    Installation.objects.filter(pk=hall.pk).update(opening_hours=[period])
    assert list(opening_hours()) == []

    Installation.objects.update(opening_hours=[period | {"zone": "Mars/Olympus"}])

    (found,) = opening_hours()
    assert found.wrong
    assert "Mars/Olympus" in found.sentence


def test_the_doctor_says_so_by_its_exit_status() -> None:
    with pytest.raises(SystemExit) as exit_:
        run("doctor")

    assert exit_.value.code == 1
