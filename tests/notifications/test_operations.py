"""What admins are told of the installation itself: a machine that is gone, a certificate that is about to end."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.conf import LazySettings
from django.urls import base

from accounts.models import User
from invocations import alerts, runs
from invocations.models import WorkerHeartbeat
from networks.models import Network
from notifications.forms.channels import ChannelForm
from notifications.models import Notification
from panic import certificate_watch, doctor, known_holes, machine_watch

from .conftest import AddChannel

ENDS_AT = datetime(2031, 5, 4, tzinfo=UTC)


def count_told(occasion: str) -> int:
    return Notification.objects.filter(occasion=occasion).count()


def look_at_machines(at: datetime) -> None:
    for pk in machine_watch.due_machines(at):
        machine_watch.watch_machine(pk, at)


def test_a_machine_that_is_gone_is_told_once_until_it_was_back(
    root: User, add_channel: AddChannel, at: datetime
) -> None:
    add_channel(root, everything=True)
    WorkerHeartbeat.beat("east~1", at=at)

    look_at_machines(at)
    assert count_told("worker-gone") == 0
    for minutes in (3, 4):
        look_at_machines(at + timedelta(minutes=minutes))
    assert count_told("worker-gone") == 1
    WorkerHeartbeat.beat("east~1", at=at + timedelta(minutes=5))
    look_at_machines(at + timedelta(minutes=5))
    look_at_machines(at + timedelta(minutes=8))
    assert count_told("worker-gone") == 2


def test_a_machine_that_was_taken_out_long_ago_is_no_news(at: datetime, db: None) -> None:
    WorkerHeartbeat.beat("east~1", at=at - timedelta(days=2))

    assert machine_watch.due_machines(at) == []


def test_a_certificate_that_is_about_to_end_is_told_once(
    root: User, add_channel: AddChannel, settings: LazySettings
) -> None:
    settings.PUBLIC_URL = "https://panic.example"
    add_channel(root, everything=True)

    for days in (30, 13, 12):
        certificate_watch.watch_certificate(ENDS_AT, ENDS_AT - timedelta(days=days))

    (one,) = Notification.objects.filter(occasion="certificate-ends")
    assert (one.facts["days"], one.facts["date"]) == (13, "2031-05-04")


def test_a_package_with_a_known_hole_is_told_once_until_it_is_closed(
    root: User, add_channel: AddChannel, at: datetime
) -> None:
    add_channel(root, everything=True)

    for version in ("5.2.1", "5.2.1", "99.0", "5.2.1"):
        holes = known_holes.known_holes({"django": version, "pillow": "99.0", "unknown": "1"})
        known_holes.watch_holes(holes, at, host="east")

    told = Notification.objects.filter(occasion="known-hole")
    assert [one.facts["version"] for one in told] == ["5.2.1", "5.2.1"]
    assert told[0].facts["advisory"].startswith("CVE-")


def test_a_known_hole_of_one_machine_of_two_is_told_once(
    root: User, add_channel: AddChannel, at: datetime
) -> None:
    add_channel(root, everything=True)
    holes = known_holes.known_holes({"django": "5.2.1"})
    moments = [at + timedelta(days=day) for day in range(8)]

    for day in moments[:3]:
        known_holes.watch_holes(holes, day, host="east")
        known_holes.watch_holes([], day, host="west")
    known_holes.watch_holes(holes, moments[3], host="west")
    known_holes.watch_holes([], moments[3], host="east")
    while_one_has_it = count_told("known-hole")
    known_holes.watch_holes([], moments[7], host="east")  # west is no more
    known_holes.watch_holes(holes, moments[7], host="east")

    assert while_one_has_it == 1
    assert count_told("known-hole") == 2


def test_this_installation_has_no_known_hole_and_the_doctor_would_say_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    installed = known_holes.installed_packages()
    assert {"django", "pillow"} <= installed.keys()
    assert list(doctor.packages()) == []

    monkeypatch.setattr(known_holes, "installed_packages", lambda: {"pillow": "9.0"})

    (finding,) = doctor.packages()
    assert (finding.mark, finding.sentence[:10]) == ("bad", "pillow 9.0")


def test_only_admins_may_ask_for_what_is_of_the_installation(alice: User, root: User) -> None:
    def offered(person: User) -> set[str]:
        return {value for value, _ in ChannelForm(person).fields["occasions"].choices}  # type: ignore[attr-defined]

    assert offered(root) - offered(alice) == {
        "disk-low",
        "disk-full",
        "backup-failed",
        "worker-gone",
        "certificate-ends",
        "known-hole",
    }


def test_what_has_happened_is_put_down_without_loading_any_page(
    network: Network, add_channel: AddChannel, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would take a worker seconds, with the rows of the run locked."""
    add_channel()
    run = runs.start_run(network=network, prompt="a moth", at=at).run
    monkeypatch.setattr(base, "get_resolver", lambda *_: pytest.fail("pages were loaded"))

    alerts.tell_run_failed(run, "The model broke.", at=at)
    alerts.tell_budget_nearly(network, 0.9, at=at)

    assert count_told("run-failed") == count_told("budget-nearly") == 1


@pytest.fixture
def secure_server(tmp_path: Path) -> Iterator[int]:
    """The port of a server that shows a certificate of its own making."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(tmp_path / "server.pem"))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=shake_hands, args=(listener, context))
        thread.start()
        yield listener.getsockname()[1]
        thread.join()


def shake_hands(listener: socket.socket, context: ssl.SSLContext) -> None:
    line, _ = listener.accept()
    with context.wrap_socket(line, server_side=True) as secure:
        secure.recv(1)


def self_signed(path: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(ENDS_AT - timedelta(days=3650))
        .not_valid_after(ENDS_AT)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.mark.enable_socket
def test_the_certificate_is_the_one_that_a_browser_is_shown(
    secure_server: int, settings: LazySettings
) -> None:
    settings.PUBLIC_URL = f"https://127.0.0.1:{secure_server}"

    assert certificate_watch.end_of_certificate() == ENDS_AT
