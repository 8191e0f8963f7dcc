"""What every page says to admins while the disk is full."""

from __future__ import annotations

from django import template

from lib import disk_space

register = template.Library()
STEP_MB = 10  # a figure that changes with every line of a log would be read out each time


@register.inclusion_tag("components/_disk_banner.html")
def disk_banner() -> dict[str, object]:
    """For pages of admins, which ask for it again while they are open."""
    return {
        "is_full": disk_space.is_below_floor(),
        "free_mb": disk_space.free_bytes() // disk_space.MEGA // STEP_MB * STEP_MB,
        "floor_mb": disk_space.floor_bytes() // disk_space.MEGA,
    }
