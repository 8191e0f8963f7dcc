"""The command `panic`: a server of one's own (`panic up`), and the client of any (`panic runs …`)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

PRODUCT = Path(__file__).resolve().parent / "product"
MANAGE = str(PRODUCT / "manage.py")
CLIENT_WORDS = {"runs", "networks", "models", "stop-all", "resume-all", "events"}
USAGE = """usage: panic COMMAND …

  up                  prepare what this version needs, then run everything in the foreground
  prepare             migrations, weights of the local models, translations, fonts, static files
  seed_demo           the demo networks
  backup, restore     one file with everything (see docs/operations.md)
  doctor              what is wrong, and what to do
  help [COMMAND]      all commands of the server

  runs, networks, models, events, stop-all, resume-all
                      the client of a server, which may be another machine (panic runs --help)

Everything that is written lies in the folder PANIC_DATA_DIR ({data}); settings may stand in its
file .env.
"""


def main() -> None:
    words = sys.argv[1:]
    if words and words[0] in CLIENT_WORDS:
        sys.path.insert(0, str(PRODUCT))
        from panic.cli.__main__ import main as client  # type: ignore[import-not-found,unused-ignore]

        sys.exit(client())
    os.environ.setdefault("PANIC_DATA_DIR", str(default_data_dir()))
    if not words or words[0] in ("-h", "--help"):
        sys.stdout.write(USAGE.format(data=os.environ["PANIC_DATA_DIR"]))
        return
    if words[0] == "up" and not {"-h", "--help"} & set(words):
        prepare_this_version(Path(os.environ["PANIC_DATA_DIR"]).expanduser())
    os.execv(sys.executable, [sys.executable, MANAGE, *words])  # noqa: S606 (our own program)


def default_data_dir() -> Path:
    """Where the freedesktop.org base directories have the data of a user."""
    base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(base) / "panic-wall"


def prepare_this_version(data_dir: Path) -> None:
    """What `make run` does: once for each version of the product, with the demo networks at first."""
    from importlib.metadata import version

    now, stamp = version("panic-wall"), data_dir / "prepared-version"
    before = stamp.read_text() if stamp.is_file() else ""
    if before == now:
        return
    for command in ["prepare"] + ([] if before else ["seed_demo"]):
        ended = subprocess.run([sys.executable, MANAGE, command])  # noqa: S603 (our own program)
        if ended.returncode:
            sys.exit(ended.returncode)
    stamp.write_text(now)


if __name__ == "__main__":
    main()
