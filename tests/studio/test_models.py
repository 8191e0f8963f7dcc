"""The models browser: what is asked stands in the address, and works without a script."""

from __future__ import annotations

import re
from urllib.parse import urlencode

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from invocations.models import Run
from networks.models import Network
from platforms.registry import get_model
from tests.people import REWRITE, Work, html_of

pytestmark = pytest.mark.django_db
WAN, HAILUO = "replicate:wan-2.2-t2v-fast", "replicate:hailuo-02"
PAINTER, TAGGER = "local:painter", "local:tagger"


def found(client: Client, **query: object) -> list[str]:
    """The ids of the models on the page, in their order."""
    page = html_of(client.get(f"/models/?{urlencode(query, doseq=True)}"))
    return re.findall(r'name="model" value="([^"]+)" aria-label="Compare', page)


def turns(model_id: str) -> tuple[str, str]:
    model = get_model(model_id)
    return str(model.input), str(model.output)


def compared(client: Client, *ids: str) -> str:
    return html_of(client.get(f"/models/compare/?{urlencode({'model': ids}, doseq=True)}"))


# The question


def test_models_are_found_by_what_they_turn_into_what(stranger: Client) -> None:
    films = found(stranger, input="image", output="video")

    assert {turns(one) for one in films} == {("image", "video")}
    assert len(films) < len(found(stranger, output="video")) < len(found(stranger))


def test_models_are_found_by_platform_words_and_whether_they_are_ready(
    stranger: Client, settings: Settings
) -> None:
    settings.PLATFORM_KEYS = {"OPENAI_API_KEY": "sk-operator"}

    assert {one.partition(":")[0] for one in found(stranger, platform="gemini")} == {"gemini"}
    assert found(stranger, q="LISTENER") == ["local:listener"]
    assert all(one.startswith("openai:") for one in found(stranger, q="openai", available="true"))
    assert not {"openai:gpt-6-luna"} & set(found(stranger, available="false"))


def test_what_is_asked_stands_in_the_form_again(stranger: Client) -> None:
    page = html_of(stranger.get("/models/?input=text&output=video&q=wan&deprecated=on"))

    assert re.search(r'name="input" value="text"[^>]*checked', page)
    assert re.search(r'name="output" value="video"[^>]*checked', page)
    assert 'value="wan"' in page
    assert re.search(r'name="deprecated"[^>]*checked', page)


@pytest.mark.parametrize(
    "query",
    [{"input": "smell"}, {"platform": "nobody"}, {"available": "perhaps"}, {"q": "x" * 999}],
)
def test_a_question_that_makes_no_sense_is_no_question(
    stranger: Client, query: dict[str, str]
) -> None:
    assert found(stranger, **query) == found(stranger)


def test_where_nothing_is_found_the_way_back_is_shown(stranger: Client) -> None:
    page = html_of(stranger.get("/models/?q=perpetual+motion"))

    assert "0 models like that" in page
    assert "Look at all models" in page


def test_deprecated_models_are_behind_a_switch_and_marked(stranger: Client) -> None:
    assert "replicate:flux-schnell" not in found(stranger)
    assert "replicate:flux-schnell" in found(stranger, deprecated="on")
    assert "deprecated</span>" in html_of(stranger.get("/models/?q=schnell&deprecated=on"))


def test_dummy_models_are_for_developers(stranger: Client, settings: Settings) -> None:
    assert not [one for one in found(stranger, deprecated="on") if one.startswith("dummy:")]
    assert '<option value="dummy">' not in html_of(stranger.get("/models/"))

    settings.DEBUG = True

    assert REWRITE in found(stranger)
    assert '<option value="dummy">' in html_of(stranger.get("/models/"))


def test_why_some_are_not_ready_is_told_once_each(stranger: Client) -> None:
    page = html_of(stranger.get("/models/?platform=replicate"))

    assert page.count("REPLICATE_API_TOKEN") == 1


def test_what_is_ready_stands_in_front(stranger: Client, settings: Settings) -> None:
    settings.PLATFORM_KEYS = {"OPENAI_API_KEY": "sk-operator"}

    order = [one.partition(":")[0] for one in found(stranger, input="text", output="text")]

    last_ready = max(n for n, platform in enumerate(order) if platform == "openai")
    assert not {"anthropic", "gemini"} & set(order[:last_ready])


def test_a_price_that_nobody_has_verified_says_so(stranger: Client) -> None:
    assert "not verified" in html_of(stranger.get(f"/models/{WAN}/"))
    assert "Written down on 2026-11-28" in html_of(stranger.get(f"/models/{WAN}/"))
    assert "verified" not in html_of(stranger.get(f"/models/{PAINTER}/"))


# Side by side


def test_what_was_chosen_is_kept_while_one_goes_on_looking(stranger: Client) -> None:
    page = html_of(stranger.get(f"/models/?q=hailuo&model={WAN}&model={HAILUO}"))

    assert re.search(rf'value="{HAILUO}" aria-label="Compare Hailuo 02" checked', page)
    assert re.search(
        rf'class="selected"><input type="checkbox" name="model" value="{WAN}" checked', page
    )


def test_models_stand_side_by_side_with_all_that_is_known(stranger: Client) -> None:
    page = compared(stranger, WAN, PAINTER)

    for told in ("Wan 2.2 Fast", "Prompt painter", "about 40 s", "about $0.050", "free"):
        assert told in page
    for told in ("Apache-2.0", "as this product", "Alibaba", "num_frames", "noise", "not ready"):
        assert told in page
    assert "Replicate needs REPLICATE_API_TOKEN to be set." in page


def test_more_than_four_do_not_fit_and_it_is_said_which_are_left_out(stranger: Client) -> None:
    page = compared(stranger, WAN, HAILUO, PAINTER, TAGGER, "local:synth", "local:listener")

    assert page.count('<th scope="col">') == 4
    assert "left out: Word synthesizer, Listener." in page


def test_what_is_not_there_or_chosen_twice_is_left_out(stranger: Client) -> None:
    assert compared(stranger, PAINTER, "acme:gone", PAINTER).count('<th scope="col">') == 1
    assert "Nothing was chosen" in compared(stranger)


def test_what_models_took_and_cost_here_stands_beside_what_is_said_of_them(
    stranger: Client, run: Run, work: Work
) -> None:
    for usd in (0.01, 0.02, 0.09):
        work(run, usd=usd)

    for page in (
        compared(stranger, REWRITE, PAINTER),
        html_of(stranger.get(f"/models/{REWRITE}/")),
    ):
        assert "here, the middle of 3 calls" in page
        assert "$0.020 here, the middle of what was charged" in page


def test_only_rings_that_one_may_see_are_told(
    stranger: Client, owner: Client, network: Network, alice: User
) -> None:
    Network.create(alice, name="Spare", public=True, slots=[{"model": TAGGER, "fallback": REWRITE}])

    assert network.name not in compared(stranger, REWRITE)
    assert network.name in compared(owner, REWRITE)
    assert "Spare" in html_of(stranger.get(f"/models/{REWRITE}/"))
