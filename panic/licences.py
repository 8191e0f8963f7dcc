"""What is installed here, and under which licence each part of it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, metadata

from django.conf import settings

from lib.weight_files import WeightList
from local_models.weights import WEIGHT_LIST as OF_MODELS
from operations.weights import WEIGHT_LIST as OF_OPERATIONS

# What is in no list of packages: files of others in `static/vendor/` and in packages
VENDORED = (
    ("hls.js 1.7.4", "Dailymotion and Brightcove; static/vendor/hls/", "Apache-2.0"),
    ("htmx 4", "Big Sky Software; in django-htmx", "0BSD"),
    ("Space Mono", "Colophon Foundry; in fontpkg-space-mono", "OFL-1.1"),
)
LISTS: tuple[WeightList, ...] = (OF_MODELS, OF_OPERATIONS)
PIN = re.compile(r"^([\w.-]+)(?:\[.*\])?==", re.MULTILINE)
CLASSIFIER = "License :: "
MAX_NAME = 60  # of a licence; some packages declare its whole text


def licences() -> Iterator[tuple[str, str, str]]:
    """Of what, of whom, and which: the product, its packages, those of its extras, files of others, its weights."""
    yield "PANIC!", "this product", "MIT"
    seen: set[str] = set()
    for path in sorted(settings.BASE_DIR.glob("requirements*.txt")):
        extra = path.stem.partition("-")[2]
        for name in PIN.findall(path.read_text()) if extra not in {"dev", "bench"} else ():
            if name not in seen:
                seen.add(name)
                yield name, f"package, extra {extra}" if extra else "package", _declared(name)
    yield from VENDORED
    for weights in LISTS:
        for one in weights.weights:
            is_here = one.is_present(settings.WEIGHTS_DIR)
            yield one.name, one.maker, one.licence + ("" if is_here else " (not fetched)")


def _declared(package: str) -> str:
    try:
        found = metadata(package)
    except PackageNotFoundError:
        return "(not installed)"

    def field(name: str) -> str:
        return found[name] if name in found else ""  # noqa: SIM401 (it has no `get` in its type)

    said = field("License-Expression")
    classified = [
        one.rpartition(" :: ")[2]
        for one in found.get_all("Classifier") or []
        if one.startswith(CLASSIFIER)
    ]
    said = said or ", ".join(classified) or field("License").strip().split("\n")[0]
    return said[:MAX_NAME] or "(declares none)"
