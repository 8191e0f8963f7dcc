"""The attendant: sees what is on the screens, and may do four things and take outputs off."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEntry, User
from archive.views.runs import FRAMES
from assets import ingest
from displays import attendant, boards, replay, screens
from displays.attendant import Action
from displays.attendant_feed import AttendantFeed
from displays.feeds import DisplayFeed, WallFeed, find, grid
from displays.miniatures import InstallationFeed
from displays.models import Board, DisplayReport, Installation
from displays.wall_states import wall_state_of_network
from invocations import halts, visitor_access
from invocations.engine import placeholders
from invocations.models import Invocation, Run, Takedown
from invocations.models.takedown import Replacement
from invocations.prompts import BadPrompt
from invocations.refusals import Halted, Lockout
from networks import sharing
from networks.models import Network, ShareRole
from realtime.feeds import Denied, Feed
from realtime.models import Event
from studio.feeds import NetworkFeed, NetworkView
from tests.assets import samples
from tests.displays.conftest import AddDisplay
from tests.people import Work, html_of

RUDE = "something rude"


@pytest.fixture
def frank(network: Network) -> User:
    """Attends the network."""
    frank = User.objects.create_user("frank@example.org")
    sharing.share(network=network, email=frank.email, by=None, role=ShareRole.ATTENDANT)
    return frank


@pytest.fixture
def phone(frank: User) -> Client:
    client = Client()
    client.force_login(frank)
    return client


@pytest.fixture
def board(alice: User) -> Board:
    return boards.add(owner=alice, name="panic_1", key="a-key")


@pytest.fixture
def step(run: Run, work: Work) -> Invocation:
    work(run, "a red kite")
    return work(run, RUDE)


def _page(network: Network) -> str:
    return reverse("networks:attendant", args=[network.slug])


def _take_off(step: Invocation, replacement: Replacement = Replacement.PLACEHOLDER) -> None:
    attendant.take_off(
        network=step.network,
        invocation=step.public_id,
        replacement=replacement,
        by=None,
        at=timezone.now(),
    )


def _drawn_by(feed: Feed) -> str:
    """What the feed sends for the takedown, after its first picture."""
    feed.snapshot()
    return _drawn(feed)


def _drawn(feed: Feed) -> str:
    event = Event.objects.select_related("topic").get(type="invocation.taken_down")
    frame = feed.render(event)
    assert frame is not None
    return "".join(frame.html.values())


def test_the_page_lists_what_is_on_the_screens(
    phone: Client, network: Network, step: Invocation
) -> None:
    page = html_of(phone.get(_page(network)))

    assert "a red kite" in page
    assert f'value="{step.public_id}:placeholder"' in page


def test_an_attendant_pauses_resumes_and_stops(phone: Client, network: Network, run: Run) -> None:
    states = []
    for action in ("pause", "resume", "stop"):
        phone.post(_page(network), {"action": action})
        run.refresh_from_db()
        states.append(run.state)

    assert states == ["paused", "running", "stopped"]


def test_an_attendant_starts_one_of_its_own_prompts_when_it_is_free(
    frank: User, network: Network
) -> None:
    started = attendant.act(network=network, action=Action.ATTRACT, by=frank, at=timezone.now())

    assert (started.prompt, started.started_by) == ("a bell under water", frank)
    with pytest.raises(Lockout):
        attendant.act(network=network, action=Action.ATTRACT, by=frank, at=timezone.now())


def test_without_prompts_of_its_own_it_says_so(frank: User, network: Network) -> None:
    Network.objects.filter(pk=network.pk).update(attract_prompts=[])
    network.refresh_from_db()

    with pytest.raises(BadPrompt):
        attendant.act(network=network, action=Action.ATTRACT, by=frank, at=timezone.now())


def test_with_nothing_running_there_is_nothing_to_stop(phone: Client, network: Network) -> None:
    page = html_of(phone.post(_page(network), {"action": "stop"}, follow=True))

    assert "Nothing is running." in page


def test_what_is_taken_off_says_so_and_by_whom(
    phone: Client, frank: User, network: Network, step: Invocation
) -> None:
    answer = phone.post(_page(network), {"take_down": f"{step.public_id}:placeholder"}, follow=True)

    assert "It is off every screen." in html_of(answer)
    assert RUDE not in html_of(answer)
    assert AuditEntry.objects.get(action="output.taken_down").actor == frank


def test_an_output_of_another_network_is_none_of_theirs(
    phone: Client, alice: User, network: Network, step: Invocation
) -> None:
    other = Network.create(alice, name="Shouts")
    sharing.share(network=other, email="frank@example.org", by=None, role=ShareRole.ATTENDANT)

    answer = phone.post(_page(other), {"take_down": f"{step.public_id}:placeholder"})

    assert answer.status_code == 404
    step.refresh_from_db()
    assert step.output_text == RUDE


def test_what_no_database_can_look_up_is_no_step(phone: Client, network: Network) -> None:
    answer = phone.post(_page(network), {"take_down": "a\0b:placeholder"})

    assert answer.status_code == 404


def test_every_connected_screen_shows_the_replacement_at_once(
    step: Invocation, network: Network, installation: Installation, add_display: AddDisplay
) -> None:
    add_display()
    add_display("even", "single", stride=1, offsets=[0])
    feeds: list[Feed] = [
        *(DisplayFeed(_found(installation, name)) for name in ("grid", "even")),
        WallFeed(network, 6),
        InstallationFeed(installation),
        AttendantFeed(network),
        *(NetworkFeed(network, view, 6, can_control=False) for view in NetworkView),
    ]
    before = ["".join(feed.snapshot().values()) for feed in feeds]

    _take_off(step)

    assert all(RUDE in html for html in before)
    for feed in feeds:
        drawn = _drawn(feed)
        assert RUDE not in drawn, feed.key
        assert "A quiet room" in drawn, feed.key


def _found(installation: Installation, name: str) -> Any:
    display = find(installation.public_id, name)
    assert display is not None
    return display


def test_a_replay_shows_the_replacement(step: Invocation, network: Network, run: Run) -> None:
    moment = replay.ReplayMoment(run.pk, 1, working=False, began_at=timezone.now())

    _take_off(step)

    assert [one.output_text for one in replay.steps_at(moment)] == [
        "a red kite",
        placeholders.TEXT,
    ]


def test_history_and_the_visitors_page_show_the_replacement(
    owner: Client, stranger: Client, step: Invocation, run: Run
) -> None:
    _take_off(step)

    pages = [
        owner.get(run.get_absolute_url()),
        owner.get(step.get_absolute_url()),
        stranger.get(visitor_access.url_path(run)),
        owner.get(f"/api/v1/runs/{run.public_id}/invocations"),
    ]
    assert FRAMES > 2
    for page in pages:
        assert RUDE not in html_of(page)
        assert "A quiet room" in html_of(page)


def test_a_board_that_shows_it_is_sent_the_replacement(step: Invocation, board: Board) -> None:
    Board.objects.filter(pk=board.pk).update(shown=RUDE)

    _take_off(step)

    board.refresh_from_db()
    assert board.waiting == placeholders.TEXT
    assert board.due_at is not None


def test_a_board_that_waits_to_show_it_shows_the_replacement(
    step: Invocation, board: Board
) -> None:
    boards.show(board, RUDE, at=timezone.now())

    _take_off(step)

    board.refresh_from_db()
    assert board.waiting == placeholders.TEXT


def test_the_last_picture_of_a_screen_that_is_gone_is_forgotten(
    run: Run, work: Work, add_display: AddDisplay
) -> None:
    rude, other = (ingest.store(samples.image("PNG", seed=seed), kind="image") for seed in (1, 2))
    step = work(run, "", asset=rude)
    shown = {"gone": rude.tile_url, "elsewhere": other.tile_url}
    for name, thumbnail in shown.items():
        DisplayReport.objects.create(
            display=add_display(name), seen_at=timezone.now(), thumbnail=thumbnail
        )

    _take_off(step)

    kept = DisplayReport.objects.values_list("display__name", "thumbnail")
    assert dict(kept) == {"gone": "", "elsewhere": other.tile_url}


def test_a_board_of_somebody_else_that_shows_the_same_words_is_left_alone(
    step: Invocation, bob: User
) -> None:
    other = boards.add(owner=bob, name="panic_1", key="a-key")
    boards.show(other, RUDE, at=timezone.now())

    _take_off(step)

    other.refresh_from_db()
    assert other.waiting == RUDE


def test_a_board_without_flaps_for_the_replacement_shows_the_placeholder(
    run: Run, work: Work, board: Board
) -> None:
    work(run, "愛愛愛")
    step = work(run, RUDE)
    Board.objects.filter(pk=board.pk).update(shown=RUDE)

    _take_off(step, replacement=Replacement.PREVIOUS)

    board.refresh_from_db()
    assert board.waiting == placeholders.TEXT


def test_an_output_that_no_board_could_show_changes_no_blank_board(
    run: Run, work: Work, board: Board
) -> None:
    _take_off(work(run, "日本"))

    board.refresh_from_db()
    assert (board.waiting, board.due_at) == ("", None)


def test_a_board_that_shows_it_in_other_letters_is_sent_the_replacement(
    step: Invocation, board: Board
) -> None:
    Board.objects.filter(pk=board.pk).update(shown=RUDE.upper())

    _take_off(step)

    board.refresh_from_db()
    assert board.waiting == placeholders.TEXT


@pytest.mark.parametrize("is_there", [True, False])
def test_what_a_board_shows_instead_goes_when_the_visitor_takes_the_run_back(
    step: Invocation, run: Run, board: Board, is_there: bool
) -> None:
    Board.objects.filter(pk=board.pk).update(shown=RUDE)
    _take_off(step, replacement=Replacement.PREVIOUS)
    if is_there:
        Board.objects.filter(pk=board.pk).update(shown="a red kite", waiting="", due_at=None)

    visitor_access.withdraw(run=run, shown=visitor_access.withdrawal_token(run), at=timezone.now())

    board.refresh_from_db()
    assert board.waiting == run.network.name


def test_a_blank_board_stays_blank_when_a_run_with_replaced_pictures_is_taken_back(
    run: Run, step: Invocation, board: Board
) -> None:
    picture = {"replacement": Replacement.PREVIOUS, "output_text": ""}
    Takedown.objects.create(invocation=step, **picture)
    Invocation.objects.filter(pk=step.pk).update(output_text="")

    visitor_access.withdraw(run=run, shown=visitor_access.withdrawal_token(run), at=timezone.now())

    board.refresh_from_db()
    assert (board.waiting, board.due_at) == ("", None)


def test_a_board_that_is_about_to_show_something_newer_goes_on(
    step: Invocation, board: Board
) -> None:
    Board.objects.filter(pk=board.pk).update(shown=RUDE)
    boards.show(board, "a newer text", at=timezone.now())

    _take_off(step)

    board.refresh_from_db()
    assert board.waiting == "a newer text"


def test_whoever_attends_no_more_is_not_followed_any_more(network: Network, frank: User) -> None:
    AttendantFeed.open_for(frank, network.slug)
    sharing.unshare(network=network, share=network.shares.get(), by=None)

    with pytest.raises(Denied):
        AttendantFeed.open_for(frank, network.slug)


def test_a_collaborator_who_becomes_an_attendant_controls_nothing_more(
    network: Network, carol: User
) -> None:
    sharing.share(network=network, email=carol.email, by=None, role=ShareRole.ATTENDANT)

    assert not network.may_control(carol)
    assert network.may_attend(carol)
    assert not Network.objects.visible_to(carol).exists()


def test_who_signs_up_later_has_the_role_that_was_given(network: Network) -> None:
    sharing.share(network=network, email="gina@example.org", by=None, role=ShareRole.ATTENDANT)

    gina = User.objects.create_user("gina@example.org")

    assert network.may_attend(gina)
    assert not network.may_control(gina)


def test_while_everything_is_stopped_an_attendant_starts_nothing(
    frank: User, network: Network, run: Run
) -> None:
    halts.stop_all(stopped_by=None, at=timezone.now())

    with pytest.raises(Halted):
        attendant.act(network=network, action=Action.ATTRACT, by=frank, at=timezone.now())


def test_outputs_on_a_large_grid_are_all_listed(
    network: Network, run: Run, work: Work, add_display: AddDisplay
) -> None:
    add_display("large", rows=4, columns=5)
    for number in range(20):
        work(run, f"kite {number}")

    found = attendant.attendant_status(network)
    wall = wall_state_of_network(network)

    shown = screens.steps_on_screens([grid(4, 5).layout], wall)
    completed = [one.pk for one in shown if one.state == "completed"]
    assert [one.step.pk for one in found.outputs if one.on_screen] == completed
    assert len(completed) == 19  # and one that is next
