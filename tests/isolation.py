"""Seals the tests off from the machine they run on; a plugin, because Django reads its settings
before any `conftest.py` is read."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

import certifi

from panic.catalogues import compile_catalogues
from tests.stack import NOT_INHERITED

# A test never touches the folder of an installation, whoever named it, nor that of a process beside it ...
os.environ["PANIC_DATA_DIR"] = tempfile.mkdtemp(prefix="panic-test-")
atexit.register(shutil.rmtree, os.environ["PANIC_DATA_DIR"], ignore_errors=True)
# ... and never uses its keys: what is set, if only to nothing, is not read from `.env`. But for the
# tests that are there to use them, and that somebody asked for: `make test-live`.
if os.environ.get("PANIC_TEST_LIVE") != "1":
    os.environ.update(dict.fromkeys(NOT_INHERITED, ""))
    # A client reads all authorities of the world for 30 ms before it asks a server beside it. One will do.
    os.environ["SSL_CERT_FILE"] = os.environ["PANIC_DATA_DIR"] + "-authority.pem"
    _authority = Path(certifi.where()).read_text().partition("-----END CERTIFICATE-----")
    Path(os.environ["SSL_CERT_FILE"]).write_text("".join(_authority[:2]) + "\n")
    atexit.register(Path(os.environ["SSL_CERT_FILE"]).unlink, missing_ok=True)
os.environ.setdefault("SECRET_KEY", "only-for-tests")
os.environ.setdefault("SQLITE_SYNCHRONOUS", "NORMAL")  # no test survives a power cut
# Before numpy is imported: on a busy machine its threads wait for each other (15 times slower).
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
compile_catalogues(Path(__file__).parent.parent / "locale")  # `make setup` may be of before
