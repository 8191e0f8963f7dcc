"""What templates need to know about the look."""

from __future__ import annotations

from django import template

from panic import fitting

register = template.Library()


@register.simple_tag
def fit(text: str) -> fitting.Fitted:
    """`{% fit invocation.text as fitted %}`: `fitted.step` for `data-fit`, `fitted.text`."""
    return fitting.fit(text)


@register.filter
def usd(amount: float | None) -> str:
    """Money as a person reads it: more digits the less it is; nothing where it is not known."""
    if amount is None:
        return ""
    if amount == 0:
        return "free"
    digits = 2 if amount >= 1 else 3 if amount >= 0.01 else 4
    return f"${amount:.{digits}f}"


@register.filter
def seconds(duration: float | None) -> str:
    """`0.4 s`, `12 s`, `3 min`; nothing where it is not known."""
    if duration is None:
        return ""
    if duration < 10:
        return f"{duration:.1f} s"
    if duration < 100:
        return f"{duration:.0f} s"
    return f"{duration / 60:.0f} min"
