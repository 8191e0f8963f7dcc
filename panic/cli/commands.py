"""What each command does: a call or two, and its answer on paper. Each returns the exit status."""

from __future__ import annotations

import json
import sys
import time
import uuid
from argparse import Namespace
from datetime import UTC, datetime
from pathlib import Path

from . import following, showing
from .client import Client, Json, Refused, path

LIVE = ("running", "paused")


def start_run(client: Client, given: Namespace) -> int:
    body: Json = {
        "prompt": " ".join(given.prompt),
        "client_key": given.key or uuid.uuid4().hex,
        "waive_lockout": given.waive_lockout,
    }
    while True:
        try:
            run = client.post(path("networks", given.network, "runs"), body, again=True)
            break
        except Refused as refusal:
            if not given.wait or refusal.code != "lockout":
                raise
            _wait_until(str(refusal.problem["ready_at"]))
    showing.run(run, as_json=given.json)
    return _watch(client, run["id"], -1, as_json=given.json) if given.watch else 0


def watch_run(client: Client, given: Namespace) -> int:
    return _watch(client, given.run, given.after, as_json=given.json)


def _watch(client: Client, run_id: str, after: int, *, as_json: bool) -> int:
    """1 where the run has failed."""
    for step in following.steps(client, run_id, after):
        showing.step(step, client.url, as_json=as_json)
    run = client.get(path("runs", run_id))
    showing.ending(run, as_json=as_json)
    return int(run["state"] == "failed")


def list_runs(client: Client, given: Namespace) -> int:
    place = path("networks", given.network, "runs") if given.network else "runs"
    for run in client.items(place, given.limit, state=given.state, q=given.q):
        showing.run(run, as_json=given.json)
    return 0


def show_run(client: Client, given: Namespace) -> int:
    showing.whole(client.get(path("runs", given.run)), as_json=given.json)
    return 0


def stop_run(client: Client, given: Namespace) -> int:
    return _move(client, given, "stop")


def pause_run(client: Client, given: Namespace) -> int:
    return _move(client, given, "pause")


def resume_run(client: Client, given: Namespace) -> int:
    return _move(client, given, "resume")


def _move(client: Client, given: Namespace, verb: str) -> int:
    showing.run(client.post(path("runs", given.run, verb)), as_json=given.json)
    return 0


def list_networks(client: Client, given: Namespace) -> int:
    for network in client.items("networks"):
        showing.network(network, as_json=given.json)
    return 0


def show_network(client: Client, given: Namespace) -> int:
    showing.whole(client.get(path("networks", given.network)), as_json=given.json)
    return 0


def create_network(client: Client, given: Namespace) -> int:
    fields = _fields(given.source) if given.source else {}
    fields |= {"name": given.name}
    fields |= {"model_ids": given.models} if given.models else {}
    fields |= {"public": True} if given.public else {}
    showing.network(client.post("networks", fields), as_json=given.json)
    return 0


def _fields(source: str) -> Json:
    found = json.loads(sys.stdin.read() if source == "-" else Path(source).read_text())
    if not isinstance(found, dict):
        raise ValueError("The fields of a network are a JSON object.")
    return found


def list_models(client: Client, given: Namespace) -> int:
    for model in client.items("models", all=1 if given.all else None):
        showing.model(model, as_json=given.json)
    return 0


def stop_all(client: Client, given: Namespace) -> int:
    """Until the receipt is complete: five seconds at most."""
    receipt = client.post("stop-all", again=True)
    while not receipt["complete"]:
        time.sleep(0.25)
        receipt = client.get(path("stop-all", receipt["id"]))
    showing.receipt(receipt, as_json=given.json)
    return 0


def resume_all(client: Client, given: Namespace) -> int:
    showing.resumed(client.post("resume-all"), as_json=given.json)
    return 0


def follow_events(client: Client, given: Namespace) -> int:
    topic = given.network
    if ":" not in topic and topic != "mission-control":
        topic = f"network:{client.get(path('networks', topic))['id']}"
    begin = given.after or (None if given.all else following.newest(client, topic))
    for event in following.events(client, topic, begin, every=given.every):
        showing.event(event, as_json=given.json)
    return 0


def _wait_until(moment: str) -> None:
    left = (datetime.fromisoformat(moment) - datetime.now(UTC)).total_seconds()
    sys.stderr.write(f"Somebody has just been; {max(0, round(left))} s to wait.\n")
    time.sleep(max(0.1, left + 0.05))
