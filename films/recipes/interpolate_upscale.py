"""More pictures a second, and then larger ones: takes less time and room."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from films.clip_plans import MoreAndLargerOptions, clip_recipe, enlargement, interpolation

RECIPE = clip_recipe(
    name="interpolate-upscale",
    title=_("Smoother motion, then larger pictures"),
    options=MoreAndLargerOptions,
    steps=lambda film: [interpolation(film), enlargement(film)],
)
