"""Larger pictures, and then more of them: follows what moves more exactly."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from films.clip_plans import MoreAndLargerOptions, clip_recipe, enlargement, interpolation

RECIPE = clip_recipe(
    name="upscale-interpolate",
    title=_("Larger pictures, then smoother motion"),
    options=MoreAndLargerOptions,
    steps=lambda film: [enlargement(film), interpolation(film)],
)
