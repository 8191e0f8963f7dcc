"""More pictures a second, by following what moves."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from films.clip_plans import MoreOptions, clip_recipe, interpolation

RECIPE = clip_recipe(
    name="interpolate",
    title=_("Smoother motion"),
    options=MoreOptions,
    steps=lambda film: [interpolation(film)],
)
