"""Which addresses a channel may have."""

from __future__ import annotations

import pytest

from notifications.addresses import AddressRefused, is_plainly_private, read_address


@pytest.mark.parametrize(
    ("typed", "kept", "service"),
    [
        ("ntfys://ntfy.sh/topic", "ntfys://ntfy.sh/topic", "ntfy"),
        (
            " mailtos://u:p@example.org?to=a@b.org ",
            "mailtos://u:p@example.org?to=a@b.org",
            "E-mail",
        ),
        ("https://example.org/hook?a=b c&d=", None, ""),
        ("https://example.org/hook?a=b&d=", "jsons://example.org/hook?-a=b&-d=", "Webhook"),
        ("http://example.org:81/hook", "json://example.org:81/hook", "Webhook"),
        (
            "https://discord.com/api/webhooks/123/abc-D_e",
            "discord://123/abc-D_e",
            "Discord",
        ),
        ("https://hooks.slack.com/services/T1/B2/c3", "slack://T1/B2/c3", "Slack"),
        ("TGRAM://1:a/2", "TGRAM://1:a/2", "Telegram"),
    ],
)
def test_an_address_is_of_a_service_or_a_webhook(
    typed: str, kept: str | None, service: str
) -> None:
    if kept is None:
        with pytest.raises(AddressRefused):
            read_address(typed)
    else:
        assert read_address(typed) == (kept, service)


@pytest.mark.parametrize(
    "typed",
    [
        "dbus://",
        "macosx://",
        "windows://",
        "gnome://",
        "syslog://",
        "rsyslog://localhost",
        "file:///etc/passwd",
        "apprise://example.org/token",
        "python://x",
        "nothing",
        "ftp://example.org",
        "://",
        "",
        "ntfy://a, json://b",
        "json://example.org\nX: y",
        "https://",
        "http://[::1",
        "x" * 2_001,
    ],
)
def test_what_runs_programs_writes_files_or_is_no_address_is_refused(typed: str) -> None:
    with pytest.raises(AddressRefused):
        read_address(typed)


@pytest.mark.parametrize(
    "option", ["template=/etc/passwd", "PGPPRV=/a/key", "attach=file:///etc/passwd", "retry=5"]
)
def test_options_that_read_files_are_refused(option: str) -> None:
    with pytest.raises(AddressRefused, match="not allowed"):
        read_address(f"slack://T1/B2/c3?image=no&{option}")


@pytest.mark.parametrize(
    "address",
    [
        "json://127.0.0.1/x",
        "json://[::1]:80/x",
        "json://localhost/x",
        "ntfy://u:p@10.0.0.2/topic",
        "json://printer.local/x",
        "jsons://169.254.169.254/latest",
        "json://[::ffff:127.0.0.1]/",
    ],
)
def test_what_says_itself_that_it_is_private_is_seen(address: str) -> None:
    assert is_plainly_private(address)
    assert not is_plainly_private("json://93.184.216.34/x")
    assert not is_plainly_private("ntfys://ntfy.sh/x")
