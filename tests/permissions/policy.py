"""What every answer says to browsers of what a page may load and do."""

from __future__ import annotations

from django.http import HttpResponseBase

OWN = {"'self'", "'none'", "data:", "blob:"}


def loose_parts(answer: HttpResponseBase) -> list[str]:
    """The parts of its Content-Security-Policy that let in more than the installation's own; all of it
    where it has none."""
    policy = str(answer.headers.get("Content-Security-Policy", ""))
    directives = {
        name: values for name, *values in (part.split() for part in policy.split(";") if part)
    }
    missing = {"default-src", "frame-ancestors"} - directives.keys()
    if directives.get("default-src") != ["'none'"]:
        missing |= {"object-src", "base-uri", "form-action"} - directives.keys()
    loose = [
        f"{name} {value}"
        for name, values in directives.items()
        for value in values
        if value not in OWN and not value.startswith("'sha256-") and name != "sandbox"
    ]
    return [*(f"no {name}" for name in sorted(missing)), *loose]
