"""A suggestion makes its connection fit, whatever the ring and whatever there is to build with."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from networks import rings
from networks.editor import edits
from networks.editor.model_picker import ModelChoice, shortest_paths, suggest_models
from networks.rings import Connection, Slot
from platforms.base import Modality, Model

TEXT, IMAGE, AUDIO, VIDEO = Modality.TEXT, Modality.IMAGE, Modality.AUDIO, Modality.VIDEO
MODELS = {
    f"any:{source}-to-{target}": Model(
        f"any:{source}-to-{target}", f"{source}-{target}", source, target
    )
    for source, target in itertools.product(Modality, Modality)
}
some_rings = st.lists(st.sampled_from(sorted(MODELS)), min_size=1, max_size=8)
some_choices = st.lists(
    st.builds(
        lambda model_id, available: ModelChoice(MODELS[model_id], "Any", available, ""),
        st.sampled_from(sorted(MODELS)),
        st.booleans(),
    ),
    max_size=12,
)
# On a busy machine an example may take long; that is no failure.


def choice(
    source: Modality,
    target: Modality,
    name: str = "",
    *,
    usd: float | None = 0.0,
    seconds: float | None = 1.0,
    available: bool = True,
) -> ModelChoice:
    model = Model(f"any:{name}", name, source, target, usd=usd, seconds=seconds)
    return ModelChoice(model, "Any", available)


def problem(found: list[Connection], at: int) -> str:
    return next(connection.problem for connection in found if connection.position == at)


@given(some_rings, some_choices)
def test_a_suggestion_always_makes_its_joint_fit(
    ids: list[str], choices: list[ModelChoice]
) -> None:
    models = [MODELS[one] for one in ids]
    ring = tuple(Slot(one) for one in ids)
    for connection in rings.connect(models):
        closing = connection.position == len(ring)
        for models_between in suggest_models(connection, choices, closing=closing):
            built = [one.model for one in models_between]
            after = edits.insert_suggestion(
                ring, connection.position, built, gives=models[-1].output
            )
            now = rings.connect([MODELS[slot.model] for slot in after])

            assert len(after) == len(ring) + len(models_between)
            if closing:
                assert not now[-1].problem
                assert not now[0].problem
            else:
                inside = range(connection.position, connection.position + len(models_between) + 1)
                assert not any(problem(now, at) for at in inside)


@given(some_rings, some_choices)
def test_a_joint_that_fits_is_offered_no_suggestion(
    ids: list[str], choices: list[ModelChoice]
) -> None:
    fitting = [one for one in rings.connect([MODELS[name] for name in ids]) if not one.problem]

    assert not any(
        suggest_models(one, choices, closing=one.position == len(ids)) for one in fitting
    )


def test_the_cheapest_comes_first_then_the_quickest_and_what_is_unknown_last() -> None:
    unknown = choice(IMAGE, TEXT, "unknown", usd=None)
    dear = choice(IMAGE, TEXT, "dear", usd=0.2)
    slow = choice(IMAGE, TEXT, "slow", usd=0.1, seconds=9)
    quick = choice(IMAGE, TEXT, "quick", usd=0.1, seconds=1)

    found = shortest_paths(IMAGE, TEXT, [unknown, dear, slow, quick])

    assert [models_between[0].model.name for models_between in found] == [
        "quick",
        "slow",
        "dear",
        "unknown",
    ]


def test_what_can_be_used_now_goes_before_what_cannot_even_if_it_takes_two() -> None:
    locked = choice(AUDIO, IMAGE, "locked", available=False)
    first, second = choice(AUDIO, TEXT, "first"), choice(TEXT, IMAGE, "second")

    both = shortest_paths(AUDIO, IMAGE, [locked, first, second])
    alone = shortest_paths(AUDIO, IMAGE, [locked])

    assert both == [(first, second)]
    assert alone == [(locked,)]


def test_a_single_model_is_preferred_to_two() -> None:
    single = choice(AUDIO, IMAGE, "single", usd=5.0)

    found = shortest_paths(AUDIO, IMAGE, [choice(AUDIO, TEXT), choice(TEXT, IMAGE), single])

    assert found == [(single,)]


def test_where_nothing_leads_across_nothing_is_offered() -> None:
    assert shortest_paths(VIDEO, TEXT, [choice(TEXT, VIDEO), choice(IMAGE, TEXT)]) == []


def test_a_ring_that_begins_with_an_image_is_closed_at_its_beginning() -> None:
    ring = (Slot("any:image-to-text"),)
    model = MODELS["any:image-to-text"]
    closing = rings.connect([model])[-1]

    (models_between,) = suggest_models(
        closing, [choice(TEXT, IMAGE, "text-to-image")], closing=True
    )
    after = edits.insert_suggestion(ring, 1, [one.model for one in models_between], gives=TEXT)

    assert [slot.model for slot in after] == ["any:text-to-image", "any:image-to-text"]
