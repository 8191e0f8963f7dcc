"""A bridge makes its joint fit, whatever the ring and whatever there is to build with."""

from __future__ import annotations

import itertools

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from networks import bridges, edits, joints
from networks.joints import Joint
from networks.offers import Offer
from networks.rings import Slot
from platforms.base import Modality, Model

TEXT, IMAGE, AUDIO, VIDEO = Modality.TEXT, Modality.IMAGE, Modality.AUDIO, Modality.VIDEO
MODELS = {
    f"any:{source}-to-{target}": Model(
        f"any:{source}-to-{target}", f"{source}-{target}", source, target
    )
    for source, target in itertools.product(Modality, Modality)
}
rings = st.lists(st.sampled_from(sorted(MODELS)), min_size=1, max_size=8)
offered = st.lists(
    st.builds(
        lambda model_id, available: Offer(MODELS[model_id], "Any", available, ""),
        st.sampled_from(sorted(MODELS)),
        st.booleans(),
    ),
    max_size=12,
)
# On a busy machine an example may take long; that is no failure.
calmly = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def offer(
    source: Modality,
    target: Modality,
    name: str = "",
    *,
    usd: float | None = 0.0,
    seconds: float | None = 1.0,
    available: bool = True,
) -> Offer:
    model = Model(f"any:{name}", name, source, target, usd=usd, seconds=seconds)
    return Offer(model, "Any", available)


def problem(found: list[Joint], at: int) -> str:
    return next(joint.problem for joint in found if joint.position == at)


@calmly
@given(rings, offered)
def test_a_bridge_always_makes_its_joint_fit(ids: list[str], offers: list[Offer]) -> None:
    models = [MODELS[one] for one in ids]
    ring = tuple(Slot(one) for one in ids)
    for joint in joints.of(models):
        closing = joint.position == len(ring)
        for way in bridges.across(joint, offers, closing=closing):
            built = [one.model for one in way]
            after = edits.bridge(ring, joint.position, built, gives=models[-1].output)
            now = joints.of([MODELS[slot.model] for slot in after])

            assert len(after) == len(ring) + len(way)
            if closing:
                assert not now[-1].problem
                assert not now[0].problem
            else:
                inside = range(joint.position, joint.position + len(way) + 1)
                assert not any(problem(now, at) for at in inside)


@calmly
@given(rings, offered)
def test_a_joint_that_fits_is_offered_no_bridge(ids: list[str], offers: list[Offer]) -> None:
    fitting = [one for one in joints.of([MODELS[name] for name in ids]) if not one.problem]

    assert not any(bridges.across(one, offers, closing=one.position == len(ids)) for one in fitting)


def test_the_cheapest_comes_first_then_the_quickest_and_what_is_unknown_last() -> None:
    unknown = offer(IMAGE, TEXT, "unknown", usd=None)
    dear = offer(IMAGE, TEXT, "dear", usd=0.2)
    slow = offer(IMAGE, TEXT, "slow", usd=0.1, seconds=9)
    quick = offer(IMAGE, TEXT, "quick", usd=0.1, seconds=1)

    found = bridges.between(IMAGE, TEXT, [unknown, dear, slow, quick])

    assert [way[0].model.name for way in found] == ["quick", "slow", "dear", "unknown"]


def test_what_can_be_used_now_goes_before_what_cannot_even_if_it_takes_two() -> None:
    locked = offer(AUDIO, IMAGE, "locked", available=False)
    first, second = offer(AUDIO, TEXT, "first"), offer(TEXT, IMAGE, "second")

    both = bridges.between(AUDIO, IMAGE, [locked, first, second])
    alone = bridges.between(AUDIO, IMAGE, [locked])

    assert both == [(first, second)]
    assert alone == [(locked,)]


def test_a_single_model_is_preferred_to_two() -> None:
    single = offer(AUDIO, IMAGE, "single", usd=5.0)

    found = bridges.between(AUDIO, IMAGE, [offer(AUDIO, TEXT), offer(TEXT, IMAGE), single])

    assert found == [(single,)]


def test_where_nothing_leads_across_nothing_is_offered() -> None:
    assert bridges.between(VIDEO, TEXT, [offer(TEXT, VIDEO), offer(IMAGE, TEXT)]) == []


def test_a_ring_that_begins_with_an_image_is_closed_at_its_beginning() -> None:
    ring = (Slot("any:image-to-text"),)
    model = MODELS["any:image-to-text"]
    closing = joints.of([model])[-1]

    (way,) = bridges.across(closing, [offer(TEXT, IMAGE, "text-to-image")], closing=True)
    after = edits.bridge(ring, 1, [one.model for one in way], gives=TEXT)

    assert [slot.model for slot in after] == ["any:text-to-image", "any:image-to-text"]
