"""A worker in one file: enrols, and puts texts into capitals. For those who write one in another language.

python minimal_worker.py https://wall.example enrol TOKEN    prints an id and a secret
python minimal_worker.py https://wall.example run SECRET     works until it is interrupted
"""

from __future__ import annotations

import atexit
import hashlib
import json
import signal
import sys
import threading
import time
import urllib.request
from typing import Any

OFFER = {"name": "capitals", "title": "Capitals", "input": "text", "output": "text"}
SESSION = hashlib.sha256(sys.argv[-1].encode()).hexdigest()  # after a restart it is the same


def call(server: str, path: str, body: dict[str, Any], secret: str = "") -> tuple[int, Any, float]:
    """Status, answer, and the seconds to wait where the server says so."""
    headers = {"Content-Type": "application/json", "Worker-Session": SESSION}
    headers["Authorization"] = f"Bearer {secret}"
    url, data = f"{server}/api/farm/v1/{path}", json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, headers=headers)  # noqa: S310 (typed by its operator)
    try:
        answer: Any = urllib.request.urlopen(request, timeout=45)  # noqa: S310
    except urllib.request.HTTPError as error:
        answer = error
    except OSError:
        return 503, {}, 1.0
    with answer:
        wait = float(answer.headers.get("Retry-After", 0 if answer.status < 300 else 5))
        return answer.status, json.loads(answer.read() or b"{}"), wait


def work(server: str, secret: str, assignment: dict[str, Any], renew_seconds: float) -> None:
    """Do one assignment, and tell its outcome until the server has it, or has no use for it."""
    path, done, stopped = f"attempts/{assignment['token']}", threading.Event(), threading.Event()

    def renew() -> None:
        while not done.wait(renew_seconds):
            _, answer, _ = call(server, f"{path}/renew", {"progress": 0.5}, secret)
            if answer.get("go_on") is False:
                stopped.set()

    threading.Thread(target=renew, daemon=True).start()
    text, status, wait = assignment["inputs"][0]["text"].upper(), 503, 0.0
    while status == 429 or status >= 500:  # 409: it was given to somebody else
        time.sleep(wait)
        succeeded = {"outcome": "succeeded", "outputs": [{"type": "text", "text": text}]}
        outcome = {"outcome": "released"} if stopped.is_set() else succeeded
        status, _, wait = call(server, f"{path}/finish", outcome, secret)
    done.set()


def run(server: str, secret: str) -> None:
    status, wishes, wait = 0, dict[str, Any](), 0.0
    while status != 401:
        if status not in (200, 204):  # not signed on (yet), or asked for another status (423)
            about = {"session": SESSION, "offers": [OFFER]}
            status, wishes, wait = call(server, "sign-on", about, secret)
        if status in (200, 204):
            status, answer, wait = call(server, "claim", {"slots": 1, "wait_seconds": 25}, secret)
            for assignment in answer.get("assignments", []):
                work(server, secret, assignment, wishes["renew_seconds"])
        time.sleep(0 if status == 200 else wait)


if __name__ == "__main__":
    address, act, words = sys.argv[1:4]
    if act == "enrol":
        sys.stdout.write(f"{call(address, 'enrol', {'token': words, 'name': 'minimal'})}\n")
    else:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit())
        atexit.register(call, address, "sign-off", {}, words)
        run(address, words)
