"""A worker in one file: enrols, and puts texts into capitals. For those who write one in another language.

python minimal_worker.py https://wall.example enrol TOKEN    prints an id and a secret
python minimal_worker.py https://wall.example run SECRET     works until it is interrupted
"""

from __future__ import annotations

import json
import secrets
import sys
import threading
import time
import urllib.error
import urllib.request
from typing import Any

OFFER = {"name": "capitals", "title": "Capitals", "input": "text", "output": "text"}


def call(server: str, path: str, body: dict[str, Any], secret: str = "") -> tuple[int, Any, float]:
    """Status, answer, and the seconds to wait where the server says so."""
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {secret}"}
    url, data = f"{server}/api/farm/v1/{path}", json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, headers=headers)  # noqa: S310 (typed by its operator)
    try:
        with urllib.request.urlopen(request, timeout=45) as answer:  # noqa: S310
            wait = float(answer.headers.get("Retry-After", 0))
            return answer.status, json.loads(answer.read() or b"{}"), wait
    except urllib.error.HTTPError as error:
        with error:
            wait = float(error.headers.get("Retry-After", 5))
            return error.code, json.loads(error.read() or b"{}"), wait
    except OSError:
        return 503, {}, 5.0


def renew(server: str, secret: str, token: str, seconds: float, done: threading.Event) -> None:
    """Keep the lease while the work goes on. A longer work would stop at `go_on: false`."""
    while not done.wait(seconds):
        call(server, f"attempts/{token}/renew", {"progress": 0.0, "phase": ""}, secret)


def work(server: str, secret: str, assignment: dict[str, Any], renew_seconds: float) -> None:
    """Do one assignment, and tell its outcome until the server has it."""
    token, done = assignment["token"], threading.Event()
    words = (server, secret, token, renew_seconds, done)
    threading.Thread(target=renew, args=words, daemon=True).start()
    text = assignment["inputs"][0]["text"].upper()
    outcome = {"outcome": "succeeded", "outputs": [{"type": "text", "text": text}]}
    status, _, wait = call(server, f"attempts/{token}/finish", outcome, secret)
    while status in (429, 500, 502, 503, 504):  # 409: it was given to somebody else
        time.sleep(wait)
        status, _, wait = call(server, f"attempts/{token}/finish", outcome, secret)
    done.set()


def run(server: str, secret: str) -> None:
    """Sign on, claim and work. A real worker keeps the session on disk."""
    about = {"session": secrets.token_hex(16), "version": "1", "slots": 1, "specs": {}}
    about |= {"offers": [OFFER], "operations": [], "self_test": {"ok": True, "checks": []}}
    status, wishes, wait = 0, dict[str, Any](), 0.0
    while status != 401:
        if status not in (200, 204):  # not signed on (yet), or asked for another status (423)
            status, wishes, wait = call(server, "sign-on", about, secret)
        if status in (200, 204):
            status, answer, wait = call(server, "claim", {"slots": 1, "wait_seconds": 25}, secret)
            for assignment in answer.get("assignments", []):
                work(server, secret, assignment, wishes["renew_seconds"])
        time.sleep(0 if status == 200 else wait)


if __name__ == "__main__":
    address, act, words = sys.argv[1:4]
    if act == "enrol":
        asked = {"token": words, "name": "minimal", "platform": sys.platform, "version": "1"}
        sys.stdout.write(f"{call(address, 'enrol', asked)}\n")
    else:
        run(address, words)
