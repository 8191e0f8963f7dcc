"""Starting, stopping and holding a stream; its targets; who watches it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEntry, User
from assets.rolling import RollingChannel
from lib.validation import Invalid
from networks.models import Network
from streams import broadcasts, targets
from streams.host import rows_to_encode
from streams.metrics import metrics
from streams.models import Broadcast, StreamTarget, StreamViewers
from streams.models.broadcast import LEASE, OutsideHours
from streams.push import SegmentChain, SendingFailed, check_address
from streams.states import MOVES, StreamState
from streams.viewer_counts import VIEWER_SECONDS, ViewerCounter

AT = timezone.now()
NEVER = [{"days": ["mon"], "opens": "00:00", "closes": "00:01", "zone": "UTC"}]
CLOSED_AT = datetime(2026, 12, 1, 12, tzinfo=UTC)  # a Tuesday
OPEN_AT = datetime(2026, 12, 7, tzinfo=UTC)


def test_it_is_started_and_stopped_once(network: Network, alice: User) -> None:
    for _ in range(2):
        broadcasts.start(network=network, by=alice, at=AT)
    started = broadcasts.status_of(network, at=AT)
    for _ in range(2):
        broadcasts.stop(network=network, by=alice, at=AT + timedelta(minutes=1))
    stopped = broadcasts.status_of(network, at=AT)

    assert (started.state, started.broadcast.since) == (StreamState.STARTING, AT)
    assert (stopped.state, stopped.on_air) == (StreamState.STOPPED, False)
    entries = AuditEntry.objects.filter(action__startswith="stream.")
    assert sorted(entries.values_list("action", flat=True)) == ["stream.started", "stream.stopped"]


def test_an_archived_network_does_not_go_on_air(network: Network) -> None:
    network.set_archived(AT)

    with pytest.raises(broadcasts.CannotGoOnAir):
        broadcasts.start(network=network, by=None, at=AT)
    assert not Broadcast.objects.exists()


def test_one_host_holds_it_until_its_lease_is_over(broadcast: Broadcast) -> None:
    assert broadcast.claim("here", at=AT)
    assert not broadcast.claim("there", at=AT + LEASE / 2)
    assert broadcast.claim("here", at=AT + LEASE / 2)
    assert broadcast.claim("there", at=AT + 2 * LEASE)
    assert not broadcast.claim("here", at=AT + 2 * LEASE)


@pytest.mark.parametrize("old", list(StreamState))
@pytest.mark.parametrize("new", list(StreamState))
def test_it_moves_only_as_the_table_says(
    old: StreamState, new: StreamState, broadcast: Broadcast
) -> None:
    Broadcast.objects.filter(pk=broadcast.pk).update(state=old)

    assert broadcast.move(new, holder="here") == (new in MOVES[old])
    assert not broadcast.move(new, holder="there")


def test_without_anything_new_it_is_in_trouble(broadcast: Broadcast) -> None:
    long_ago = AT - timedelta(minutes=1)
    fresh = {"state": "live", "since": long_ago, "lease_until": AT + LEASE, "holder": "here"}
    Broadcast.objects.filter(pk=broadcast.pk).update(**fresh, segment_at=AT)
    well = broadcasts.status_of(broadcast.network, at=AT)
    Broadcast.objects.filter(pk=broadcast.pk).update(segment_at=long_ago)
    stuck = broadcasts.status_of(broadcast.network, at=AT)
    Broadcast.objects.filter(pk=broadcast.pk).update(segment_at=AT, lease_until=long_ago)
    held_by_nobody = broadcasts.status_of(broadcast.network, at=AT)

    assert well.state is StreamState.LIVE
    assert stuck.state is held_by_nobody.state is StreamState.TROUBLE


def test_outside_opening_hours_it_may_be_off_air_until_it_opens(
    broadcast: Broadcast, network: Network, owner: Client
) -> None:
    network.set_opening_hours(NEVER)
    network.refresh_from_db()
    as_ever = broadcasts.status_of(network, at=CLOSED_AT)

    broadcasts.choose_outside_hours(network=network, choice=OutsideHours.OFF)

    closed = broadcasts.status_of(network, at=CLOSED_AT)
    opened = broadcasts.status_of(network, at=OPEN_AT)
    assert as_ever.on_air
    assert (closed.state, closed.on_air, closed.is_wanted) == (StreamState.CLOSED, False, True)
    assert closed.closed_words == "Closed until Monday 00:00."
    assert opened.on_air


def test_a_host_encodes_nothing_while_it_is_closed_and_stays_for_the_opening(
    broadcast: Broadcast, network: Network
) -> None:
    network.set_opening_hours(NEVER)
    as_ever = rows_to_encode(CLOSED_AT)

    broadcasts.choose_outside_hours(network=network, choice=OutsideHours.OFF)

    assert as_ever == ([broadcast], False)
    assert rows_to_encode(CLOSED_AT) == ([], True)
    assert rows_to_encode(OPEN_AT) == ([broadcast], False)


def test_the_one_button_that_applies_is_shown(network: Network, alice: User, owner: Client) -> None:
    address = f"/n/{network.slug}/stream/"

    def shown() -> tuple[bool, bool]:
        pages = [owner.get(path).content.decode() for path in (address, f"{address}health/?room")]
        found = {('value="start"' in page, 'value="stop"' in page) for page in pages}
        assert len(found) == 1
        return found.pop()

    off = shown()
    owner.post(address, {"action": "start", "next": "room"})
    on = shown()
    owner.post(address, {"outside_hours": "slate"})

    assert (off, on) == ((True, False), (False, True))
    assert Broadcast.objects.get().outside_hours == "slate"
    assert 'value="slate" selected' in owner.get(address).content.decode()


def test_a_target_is_encrypted_and_not_shown(network: Network, alice: User, owner: Client) -> None:
    made = targets.add(
        network=network, by=alice, name="Far", address="rtmp://live.example/app", key="very-secret"
    )

    page = owner.get(f"/n/{network.slug}/stream/").content.decode()

    assert made.destination == "rtmp://live.example/app/very-secret"
    stored = StreamTarget.objects.filter(pk=made.pk).values_list("address", "key").get()
    assert "live.example" not in stored[0].ciphertext
    assert "very-secret" not in stored[1].ciphertext + page
    assert "live.example" in page
    assert not AuditEntry.objects.filter(about__contains="live.example").exists()


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("address", "https://live.example/app"),
        ("address", "rtmp://"),
        ("address", "rtmp://live.example"),
        ("address", "rtmp://live.example/app two"),
        ("address", "rtmp://live.example:port/app"),
        ("address", "file:///etc/passwd"),
        ("key", "two words"),
        ("name", "  "),
        ("private_allowed", True),
    ],
)
def test_a_target_that_makes_no_sense_is_refused(
    field: str, given: object, network: Network, alice: User
) -> None:
    good = {"name": "Far", "address": "rtmp://live.example/app"}

    with pytest.raises(Invalid) as refused:
        targets.add(network=network, by=alice, **(good | {field: given}))  # type: ignore[arg-type]

    assert list(refused.value.errors) == [field]
    assert not StreamTarget.objects.exists()


def test_another_address_is_not_let_into_the_own_network_by_what_an_admin_once_allowed(
    network: Network, alice: User, root: User
) -> None:
    made = targets.add(
        network=network, by=root, name="Near", address="rtmp://10.0.0.1/app", private_allowed=True
    )

    targets.change(target=made, by=alice, address="rtmp://10.0.0.2/app")

    assert not StreamTarget.objects.get(pk=made.pk).private_allowed


@pytest.mark.parametrize("host", ["127.0.0.1", "10.0.0.7", "[::1]"])
def test_a_sender_does_not_go_into_the_own_network_unless_allowed(host: str) -> None:
    check_address(f"rtmp://{host}/app", private_allowed=True)
    with pytest.raises(SendingFailed):
        check_address(f"rtmp://{host}/app", private_allowed=False)


def test_a_sender_reads_the_segments_as_one_file(broadcast: Broadcast) -> None:
    channel = RollingChannel("trial")
    for n in range(4):
        channel.append([b"%d" % n * 3], seconds=2, extension="ts", at=AT)
    chain = SegmentChain(channel)

    assert [chain.read(2) for _ in range(4)] == [b"22", b"2", b"33", b"3"]


def test_the_playlist_and_the_segments_are_served_as_what_they_are(
    public: Network, broadcast: Broadcast
) -> None:
    client, live = Client(), f"/n/{public.slug}/live/"
    early = client.get(f"{live}index.m3u8")
    channel = RollingChannel(public.public_id)
    channel.append([b"segment"], seconds=2, extension="ts", at=AT)
    (channel.folder / "index.m3u8").write_text("#EXTM3U\n")

    playlist, segment = client.get(f"{live}index.m3u8"), client.get(f"{live}0.ts")

    assert (early.status_code, early["Retry-After"]) == (503, "2")
    assert playlist["Content-Type"] == "application/vnd.apple.mpegurl"
    assert playlist["Cache-Control"] == "no-store"
    assert (segment["Content-Type"], segment.content) == ("video/mp2t", b"segment")
    assert segment["Cache-Control"] == "public, max-age=60, immutable"
    assert client.get(f"{live}index.m3u8", {"viewer": "a\0b"}).status_code == 200
    for name in ("1.ts", "..%2f..%2fpanic.sqlite3", "last", ".lock", "-1.ts"):
        assert client.get(f"{live}{name}").status_code == 404


def test_viewers_are_counted_once_each_and_no_address_is_kept(network: Network) -> None:
    now = 0.0
    counter = ViewerCounter(lambda: now)
    counter.note(network.pk, "first")
    now = 11.0
    for viewer in ("first", "second", "second"):
        counter.note(network.pk, viewer)
    now = 22.0
    counter.note(network.pk, "first")

    assert StreamViewers.count_all(network.pk, at=timezone.now()) == 2
    now = 22.0 + VIEWER_SECONDS
    counter.note(network.pk, "third")
    assert StreamViewers.count_all(network.pk, at=timezone.now()) == 1
    one, other = (counter.anonymous_id("", address, "VLC") for address in ("1.2.3.4", "1.2.3.5"))
    assert one != other
    assert "1.2.3" not in one
    assert counter.anonymous_id("abc123", "1.2.3.4", "") == "abc123"


def test_the_words_of_what_is_on_are_on_the_page(
    public: Network, broadcast: Broadcast, run: object, work: object
) -> None:
    step = work(run, "a balloon over the sea")  # type: ignore[operator]
    broadcast.note_shown(step.pk, None, None, holder="here")

    page = Client().get(f"/n/{public.slug}/live/").content.decode()
    asked_again = Client().get(f"/n/{public.slug}/live/now/").content.decode()

    assert "a balloon over the sea" in page
    assert "a balloon over the sea" in asked_again


def test_page_of_a_channel_says_once_that_it_is_off_air(public: Network) -> None:
    page = Client().get(f"/n/{public.slug}/live/").content.decode()
    shown = re.sub(r"<[^>]*>", "", page)  # without what scripts may say later

    assert shown.count("Off air") == 1
    assert "Nothing is shown at the moment." in shown


def test_figures_are_given_for_each_stream(broadcast: Broadcast) -> None:
    broadcast.note_figures(holder="here", late_frames=3, cpu_seconds=1.5, restarts=1, segment_at=AT)

    found = {
        sample.name: sample.value
        for family in metrics()
        for sample in family.samples
        if sample.labels in ({}, {"network": "whispers"})
    }

    assert found["panic_stream_on_air"] == 1
    assert found["panic_stream_late_frames_total"] == 3
    assert found["panic_stream_restarts_total"] == 1
    assert found["panic_stream_cpu_seconds_total"] == 1.5
