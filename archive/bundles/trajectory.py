"""Where the run was going, as files of its bundle: a picture that needs no style sheet, and its points."""

from __future__ import annotations

from dataclasses import dataclass

from django.template.loader import render_to_string

from invocations.models import Run
from observatory.drawings import DrawnTrajectory
from observatory.recent_trajectories import find_drawn_trajectory


@dataclass(frozen=True, slots=True)
class BundledTrajectory:
    """In the language that is active when its picture is asked for."""

    drawing: DrawnTrajectory

    @classmethod
    def of_run(cls, run: Run) -> BundledTrajectory | None:
        """None where no text of it was compared."""
        drawing = find_drawn_trajectory(run)
        return cls(drawing) if drawing and drawing.count else None

    @property
    def picture(self) -> bytes:
        context = {"runs": self.drawing.runs, "alt": self.drawing.sentence, "alone": True}
        return render_to_string("observatory/_picture.html", context).encode()

    @property
    def points(self) -> bytes:
        """As the API gives it."""
        from observatory.api.trajectories import TrajectoryOut  # pydantic

        return TrajectoryOut.from_trajectory(self.drawing.found).model_dump_json(indent=1).encode()
