"""What every page says to admins while the disk is full."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template

from lib import disk_space

register = template.Library()


@register.inclusion_tag("components/_disk_banner.html", takes_context=True)
def disk_banner(context: Mapping[str, Any]) -> dict[str, object]:
    is_told = getattr(context.get("user"), "is_admin", False) and disk_space.is_below_floor()
    if not is_told:
        return {"is_told": False}
    return {
        "is_told": True,
        "free_mb": disk_space.free_bytes() // disk_space.MEGA,
        "floor_mb": disk_space.floor_bytes() // disk_space.MEGA,
    }
