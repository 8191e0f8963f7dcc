"""The picture, the words and the table of a trajectory."""

from __future__ import annotations

from django.utils import translation

from invocations.models import Run
from networks.models import Network
from observatory import drawings
from observatory.numbers import Estimate, Numbers
from observatory.patterns import Cycle
from observatory.trajectories import Findings, Loss, Point

TEXT, IMAGE, SOUND = "dummy:text-to-text", "dummy:text-to-image", "dummy:image-to-audio"
BACK = "dummy:audio-to-text"


def point(sequence: int, x: float = 0.0, y: float = 0.0, *, slot: int = 0) -> Point:
    return Point(sequence, x, y, None, 0.25, slot, TEXT, f"text {sequence}")


def run_on(*models: str) -> Run:
    return Run(network=Network(), ring=[{"model": model} for model in models])


def test_what_is_right_and_above_is_drawn_there_and_within_the_view() -> None:
    middle, beyond = drawings.place(*drawings.MIDDLE), drawings.place(1, 1)

    assert max(map(abs, middle)) == 0
    assert 0 < beyond[0] <= drawings.EDGE
    assert -drawings.EDGE <= beyond[1] < 0
    assert all(abs(value) <= drawings.EDGE for value in drawings.place(-1, -1))


def test_a_dot_stays_where_it_is_when_others_are_added() -> None:
    points = [point(at, at / 10, -at / 10) for at in range(6)]

    before = drawings.draw_run(run_on(TEXT), points[:4]).dots
    after = drawings.draw_run(run_on(TEXT), points).dots

    assert [(dot.x, dot.y) for dot in before] == [(dot.x, dot.y) for dot in after[:4]]
    assert float(after[0].opacity) < float(after[-1].opacity)


def test_a_line_has_the_colour_of_what_lay_between_two_texts() -> None:
    ring = run_on(IMAGE, SOUND, BACK, TEXT)
    points = [point(2, slot=2), point(3, slot=3), point(6, slot=2)]

    ways = drawings.draw_run(ring, points).ways

    assert [way.modality for way in ways] == ["text", "image"]


def test_a_number_says_how_sure_it_is_or_what_is_missing() -> None:
    numbers = Numbers(
        Estimate(0.0341, 0.03, 0.038), Estimate(0.2), Estimate(None, reason="no_twin")
    )

    noise, kept, memory = drawings.number_lines(numbers)

    assert (noise.value, noise.certainty) == ("0.034", "Nine times in ten between 0.030 and 0.038.")
    assert kept.certainty == "How sure is not known yet."
    assert (memory.is_known, memory.certainty) == (False, "No other run began with the same words.")


def test_memory_reads_as_a_percentage() -> None:
    memory = drawings.number_lines(
        Numbers(Estimate(None), Estimate(None), Estimate(0.35, 0.2, 0.5))
    )

    assert memory[2].value == "35\u00a0%"
    assert memory[2].certainty == "Nine times in ten between 20\u00a0% and 50\u00a0%."


def test_numbers_are_rounded_as_in_the_files_and_not_cut_off() -> None:
    assert [drawings.distance(one) for one in (0.6999, -0.0002)] == ["0.700", "0.000"]
    assert drawings.distance(-0.0126) == "\N{MINUS SIGN}0.013"
    assert [drawings.percent(one) for one in (0.3399, -0.004)] == ["34\u00a0%", "0\u00a0%"]


def test_what_befell_a_run_is_said_and_which_model_lost_a_word() -> None:
    lost = (Loss("camel", 1, TEXT), Loss("bridge", 1, TEXT), Loss("moth", 5, "gone:model"))

    said = drawings.marks_of(Findings(cycle=Cycle(3, 4), lost=lost, truncated=(2, 7)))

    assert said[0] == "This run goes round in a circle of 3 texts."
    assert said[1] == f"Lost in step 2, by {drawings.model_name(TEXT)}: “camel”, “bridge”."
    assert said[2] == "Lost in step 6, by gone:model: “moth”."
    assert said[3].endswith("the texts of the steps 3, 8.")


def test_a_lost_word_stands_in_the_quotation_marks_of_the_language() -> None:
    with translation.override("fr"):
        said = drawings.marks_of(Findings(lost=(Loss("camel", 1, TEXT),)))

    assert "«\u00a0camel\u00a0»" in said[0]


def test_what_is_measured_below_nothing_or_above_all_is_shown_as_these_and_explained() -> None:
    numbers = Numbers(
        Estimate(-0.004, -0.01, 0.002), Estimate(0.3, -0.1, 0.4), Estimate(-0.12, -0.3, -0.05)
    )

    noise, kept, memory = drawings.number_lines(numbers)
    above = drawings.number_lines(Numbers(Estimate(0.1), Estimate(0.1), Estimate(1.2, 0.8, 1.5)))[2]

    assert noise.value == "0.000"
    assert noise.certainty == (
        "Measured as \N{MINUS SIGN}0.004, which there cannot be: chance makes it of next to nothing. "
        "Nine times in ten between 0.000 and 0.002."
    )
    assert kept.certainty == "Nine times in ten between 0.000 and 0.400."
    assert memory.value == "0\u00a0%"
    assert memory.certainty == (
        "Measured as \N{MINUS SIGN}12\u00a0%, which there cannot be: chance makes it of next to nothing."
    )
    assert above.value == "100\u00a0%"
    assert above.certainty.endswith("Nine times in ten between 80\u00a0% and 100\u00a0%.")
    assert "of nearly all" in above.certainty
