"""Larger pictures."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from films.clip_plans import LargerOptions, clip_recipe, enlargement

RECIPE = clip_recipe(
    name="upscale",
    title=_("Larger pictures"),
    options=LargerOptions,
    steps=lambda film: [enlargement(film)],
)
