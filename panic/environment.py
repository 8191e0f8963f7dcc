"""Reading the environment: one place that turns strings into settings, or into one clear sentence.

Every variable the product understands is named in docs/configuration.md.
"""

from __future__ import annotations

import base64
import os
import re
import secrets
from pathlib import Path
from typing import cast
from urllib.parse import SplitResult, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

from lib.proxies import Network, parse_network, usual_netloc
from platforms.base import Limits

env = environ.Env()

DATABASES = {"postgres", "postgresql", "psql", "pgsql", "sqlite"}


def read_file(path: Path) -> None:
    """Read a `.env` file if there is one; real environment variables win over it."""
    if path.is_file():
        environ.Env.read_env(path)


def boolean(name: str, default: bool) -> bool:
    value = os.environ.get(name, "").strip().lower()
    if not value:
        return default
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise ImproperlyConfigured(f"{name} must be yes or no, not {value!r}.")


def integer(name: str, default: int, *, least: int, most: int) -> int:
    value = os.environ.get(name, "").strip()
    if not value:
        return default
    try:
        number = int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}.") from None
    if not least <= number <= most:
        raise ImproperlyConfigured(f"{name} must lie between {least} and {most}, not {number}.")
    return number


def choice(name: str, default: str, allowed: tuple[str, ...]) -> str:
    value = os.environ.get(name, "").strip() or default
    if value not in allowed:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(allowed)}, not {value!r}.")
    return value


def wakeup(name: str, redis_url: str) -> str:
    """What wakes other processes."""
    value = choice(name, "database", ("database", "redis"))
    if value == "redis" and not redis_url:
        raise ImproperlyConfigured(f"{name} is redis, but REDIS_URL does not say where that is.")
    return value


def url(name: str, default: str = "") -> str:
    """An http(s) address without a trailing slash, or the default."""
    value = os.environ.get(name, "").strip().rstrip("/") or default
    if value and _parts(value, {"http", "https"}) is None:
        raise ImproperlyConfigured(f"{name} must be an http or https address, not {value!r}.")
    return value


def origin(name: str) -> str:
    """The address of the whole site: scheme, host and port, as browsers name it."""
    value = url(name)
    parts = urlsplit(value)
    if parts.path or parts.query or parts.fragment or "@" in parts.netloc:
        host = parts.netloc.rpartition("@")[2]
        raise ImproperlyConfigured(
            f"{name} must be an address without a path such as {parts.scheme}://{host}, not {value!r}: "
            "PANIC! needs a host name (or a port) of its own."
        )
    return f"{parts.scheme}://{usual_netloc(parts.scheme, parts.netloc)}" if value else ""


def networks(name: str) -> list[Network]:
    """Addresses, and networks such as 10.0.0.0/8."""
    found = []
    for word in words(name):
        try:
            found.append(parse_network(word))
        except ValueError:
            raise ImproperlyConfigured(
                f"{name} must be addresses or networks such as 127.0.0.1,10.0.0.0/8, not {word!r}."
            ) from None
    return found


def redis(name: str) -> str:
    value = text(name)
    if value and _parts(value, {"redis", "rediss"}) is None and not value.startswith("unix:///"):
        raise ImproperlyConfigured(f"{name} must look like redis://host:6379/0.")
    return value


def dsn(name: str) -> str:
    """Where Sentry is told: an address with a public key and a project."""
    value = text(name)
    parts = _parts(value, {"http", "https"})
    if value and not (parts and parts.username and parts.path.strip("/")):
        raise ImproperlyConfigured(f"{name} must look like https://key@sentry.example/1.")
    return value


def hosts(name: str) -> list[str]:
    found = words(name)
    for host in found:
        if not re.fullmatch(r"\*|\.?[\w-]+(\.[\w-]+)*|\[[0-9a-fA-F:.]+\]", host):
            raise ImproperlyConfigured(
                f"{name} must be names such as panic.example, without http:// and port, not {host!r}."
            )
    return found


def _parts(value: str, schemes: set[str]) -> SplitResult | None:
    """The parts of an address that can be reached, or None."""
    try:
        parts = urlsplit(value)
        wrong = parts.port == 0  # one that is no port at all is an error
    except ValueError:
        return None
    wrong = (
        wrong or parts.scheme not in schemes or not parts.hostname or bool(re.search(r"\s", value))
    )
    return None if wrong else parts


def servers(name: str) -> dict[str, str]:
    """`box=http://localhost:11434/v1,rack=http://10.0.0.2:8000/v1` by name."""
    found = {}
    for entry in words(name):
        slug, _, address = entry.partition("=")
        known = re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug)
        if not known or _parts(address, {"http", "https"}) is None:
            raise ImproperlyConfigured(
                f"{name} must be like box=http://localhost:11434/v1, not {entry!r}."
            )
        found[slug] = address.rstrip("/")
    return found


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, "").strip() or default


def mail(name: str) -> dict[str, object]:
    """Django's settings for sending mail, of an address such as smtp+tls://user:secret@host:587."""
    value = text(name)
    if not value:
        return {}
    try:
        return dict(env.email_url_config(value))
    except (KeyError, ValueError, ImproperlyConfigured):
        raise ImproperlyConfigured(
            f"{name} must look like smtp+tls://user:password@host:587."
        ) from None


def inherited(*names: str) -> dict[str, str]:
    """Those of these variables that are set, for a child that is to have no others."""
    return {name: os.environ[name] for name in names if os.environ.get(name)}


def words(name: str) -> list[str]:
    return [word.strip() for word in os.environ.get(name, "").split(",") if word.strip()]


def limits(name: str) -> dict[str, Limits]:
    """`replicate:20:600,openai:5` = calls at once and, if given, calls a minute, by platform."""
    found = {}
    for entry in words(name):
        slug, *numbers = entry.split(":")
        if (
            not slug
            or not 1 <= len(numbers) <= 2
            or not all(n.isdigit() and int(n) for n in numbers)
        ):
            raise ImproperlyConfigured(
                f"{name} must be like replicate:20:600 (calls at once, calls a minute), not {entry!r}."
            )
        found[slug] = Limits(*(int(number) for number in numbers))
    return found


def data_dir(base: Path) -> Path:
    """The folder everything the product writes lives in; created private to the user."""
    path = Path(text("PANIC_DATA_DIR", str(base / "var"))).expanduser().resolve()
    try:
        for folder in (path, path / "media", path / "weights", path / "logs", path / "run"):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(
            f"PANIC_DATA_DIR ({path}) cannot be written: {error.strerror}."
        ) from None
    return path


def folder(name: str, default: Path) -> Path:
    """An absolute path; made when it is needed."""
    value = text(name)
    path = Path(value).expanduser() if value else default
    if not path.is_absolute():
        raise ImproperlyConfigured(f"{name} must be a whole path, beginning with /, not {value!r}.")
    return path


def kept_backups(name: str, default: tuple[int, int, int]) -> tuple[int, int, int]:
    """`7:4:6` = of how many days, weeks and months the last backup is kept."""
    value = text(name)
    if not value:
        return default
    found = re.fullmatch(r"(\d{1,4}):(\d{1,4}):(\d{1,4})", value, re.ASCII)
    if not found:
        raise ImproperlyConfigured(f"{name} must be like 7:4:6 (days:weeks:months), not {value!r}.")
    return int(found[1]), int(found[2]), int(found[3])


def secret(name: str, keep_in: Path) -> str:
    """The variable's value; without one, a random secret made once and kept in a private file."""
    if value := os.environ.get(name, "").strip():
        return value
    try:
        with os.fdopen(os.open(keep_in, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(50))
    except FileExistsError:
        pass
    return keep_in.read_text().strip()


def encryption_keys(name: str) -> list[str]:
    """Fernet keys, the newest first."""
    found = words(name)
    for key in found:
        try:
            size = len(base64.b64decode(key, altchars=b"-_", validate=True))
        except ValueError:
            size = 0
        if size != 32:
            raise ImproperlyConfigured(
                f"{name} must hold keys of 32 random bytes in URL-safe base64, separated by commas."
            )
    return found


# A server that has gone without a word (failed over, cut off) is noticed within these seconds; the
# address may say otherwise.
POSTGRES_TIMEOUTS: dict[str, object] = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,  # ms
}


# How often a connection carries out a statement until Postgres keeps its plan, where its cursor allows
# that (`lib.compiled_statements`). `none` in the address: never, for poolers that give each
# transaction another connection.
PREPARE_THRESHOLD = 2


def database(name: str, sqlite_file: Path) -> dict[str, object]:
    """Django's DATABASES entry: SQLite in WAL mode by default, Postgres by an address."""
    value = text(name)
    return database_at(value, name) if value else _sqlite(sqlite_file)


def database_at(value: str, name: str) -> dict[str, object]:
    """The entry for an address. Raises ImproperlyConfigured, which says `name`."""
    if value.partition("://")[0] not in DATABASES:
        raise ImproperlyConfigured(f"{name} must begin with postgres:// or sqlite:///.")
    try:
        config: dict[str, object] = env.db_url_config(value)
    except Exception:
        raise ImproperlyConfigured(f"{name} is not a database address.") from None
    engine = str(config.get("ENGINE", ""))
    if engine.endswith("sqlite3"):
        return _sqlite(Path(str(config["NAME"])))
    options = cast("dict[str, object]", config.get("OPTIONS", {}))
    threshold = options.get("prepare_threshold", PREPARE_THRESHOLD)
    if threshold != "none" and not isinstance(threshold, int):
        raise ImproperlyConfigured(f"{name}: prepare_threshold must be a number or none.")
    prepares = {"prepare_threshold": None if threshold == "none" else threshold}
    config["OPTIONS"] = {**POSTGRES_TIMEOUTS, **options, **prepares}
    return {**config, "CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": True}


def _sqlite(path: Path) -> dict[str, object]:
    synchronous = choice("SQLITE_SYNCHRONOUS", "FULL", ("FULL", "NORMAL"))
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": path,
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            # IMMEDIATE: a transaction that will write queues at its start instead of failing in
            # its middle. 20 s: longer than any write transaction of ours by a factor of 100.
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": (
                f"PRAGMA journal_mode=WAL; PRAGMA synchronous={synchronous};"
                "PRAGMA temp_store=MEMORY; PRAGMA mmap_size=134217728;"
            ),
        },
        "TEST": {"NAME": path.with_name("test.sqlite3")},
    }
