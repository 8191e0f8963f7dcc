"""Which languages the interface has: those whose files are in `locale/`. Without Django, for the settings."""

from __future__ import annotations

from pathlib import Path

from django.conf.locale import LANG_INFO

SOURCE_LANGUAGE = "en"


def discover_languages(locale: Path) -> list[tuple[str, str]]:
    """Code and own name of each language: what the texts are written in, then those of the files."""
    found = (path.parent.parent.name for path in locale.glob("*/LC_MESSAGES/django.po"))
    codes = sorted({name.lower().replace("_", "-") for name in found} - {SOURCE_LANGUAGE})
    return [(code, _own_name(code)) for code in (SOURCE_LANGUAGE, *codes)]


def _own_name(code: str) -> str:
    info = LANG_INFO.get(code, {})
    name = info.get("name_local") or code
    return name[:1].upper() + name[1:]
