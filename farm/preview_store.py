"""Where the newest preview of a piece of work is: in the installation's Redis where it has one, so that each of its
machines shows it, whichever it was sent to; else in the data folder."""

from __future__ import annotations

import time
from pathlib import Path

from django.conf import settings
from django.core.cache import cache

KEPT_SECONDS = 900  # in Redis, after the last one; files go with those that nobody hands in
REST_SECONDS = 5.0  # after Redis did not answer: pages are not to wait for previews
_rests_until = 0.0


def keep(name: str, content: bytes) -> None:
    """The newest one of the attempt that is called so."""
    if settings.REDIS_URL:
        found = {_key(name, "content"): content, _key(name, "version"): str(time.time_ns())}
        cache.set_many(found, KEPT_SECONDS)
        return
    path = _path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_bytes(content)
    part.replace(path)


def read(name: str) -> bytes | None:
    if settings.REDIS_URL:
        content = _ask_redis(_key(name, "content"))
        return content if isinstance(content, bytes) else None
    try:
        return _path(name).read_bytes()
    except OSError:
        return None


def version(name: str) -> str:
    """Another text for each picture; empty where there is none."""
    if settings.REDIS_URL:
        return str(_ask_redis(_key(name, "version")) or "")
    try:
        return str(_path(name).stat().st_mtime_ns)
    except OSError:
        return ""


def _ask_redis(key: str) -> object:
    """None where it has none, or does not answer."""
    from redis import RedisError

    global _rests_until
    if time.monotonic() < _rests_until:
        return None
    try:
        return cache.get(key)
    except RedisError:
        _rests_until = time.monotonic() + REST_SECONDS
        return None


def _key(name: str, part: str) -> str:
    return f"farm-preview:{part}:{name}"


def _path(name: str) -> Path:
    return Path(settings.DATA_DIR) / "farm" / "previews" / f"{name}.jpg"
