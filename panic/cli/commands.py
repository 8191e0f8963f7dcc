"""What each command does: a call or two, and the answer as a line for people or as JSON for programs.

Each returns the exit status."""

from __future__ import annotations

import json
import sys
import time
import uuid
from argparse import Namespace
from datetime import UTC, datetime
from pathlib import Path

from .client import ApiRefused, Client, Json, newest_cursor, path, watch_events, watch_steps

WIDTH = 100


def start_run(client: Client, given: Namespace) -> int:
    body: Json = {
        "prompt": " ".join(given.prompt),
        "client_key": given.key or uuid.uuid4().hex,
        "waive_lockout": given.waive_lockout,
        "waive_hours": given.waive_hours,
    }
    while True:
        try:
            run = client.post(path("networks", given.network, "runs"), body, again=True)
            break
        except ApiRefused as refusal:
            if not given.wait or refusal.code != "lockout":
                raise
            _wait_until(str(refusal.problem["ready_at"]))
    _print(given, run, _run_line(run))
    return _watch(client, given, run["id"], -1) if given.watch else 0


def watch_run(client: Client, given: Namespace) -> int:
    return _watch(client, given, given.run, given.after)


def _watch(client: Client, given: Namespace, run_id: str, after: int) -> int:
    """1 where the run has failed."""
    for step in watch_steps(client, run_id, after):
        line = f"{step['sequence']:>4}  {step['model']:<32}  {_result_text(step, client.url)}"
        _print(given, step, line)
    run = client.get(path("runs", run_id))
    reason = f" ({run['reason']})" if run["reason"] else ""
    cost = f", ${run['usd']:.4f}" if run["usd"] else ""
    _print(given, run, f"{run['state']}{reason}: {run['invocations']} steps{cost}")
    return int(run["state"] == "failed")


def list_runs(client: Client, given: Namespace) -> int:
    place = path("networks", given.network, "runs") if given.network else "runs"
    for run in client.items(place, given.limit, state=given.state, q=given.q):
        _print(given, run, _run_line(run))
    return 0


def show_run(client: Client, given: Namespace) -> int:
    return _print_fields(given, client.get(path("runs", given.run)))


def move_run(client: Client, given: Namespace) -> int:
    """Stop, pause or resume."""
    run = client.post(path("runs", given.run, given.verb))
    _print(given, run, _run_line(run))
    return 0


def list_networks(client: Client, given: Namespace) -> int:
    for network in client.items("networks"):
        _print(given, network, _network_text(network))
    return 0


def show_network(client: Client, given: Namespace) -> int:
    return _print_fields(given, client.get(path("networks", given.network)))


def create_network(client: Client, given: Namespace) -> int:
    fields = _fields(given.source) if given.source else {}
    fields |= {"name": given.name}
    fields |= {"model_ids": given.models} if given.models else {}
    fields |= {"public": True} if given.public else {}
    network = client.post("networks", fields)
    _print(given, network, _network_text(network))
    return 0


def _fields(source: str) -> Json:
    found = json.loads(sys.stdin.read() if source == "-" else Path(source).read_text())
    if not isinstance(found, dict):
        raise ValueError("The fields of a network are a JSON object.")
    return found


def list_models(client: Client, given: Namespace) -> int:
    for model in client.items("models", all=1 if given.all else None):
        modalities = f"{model['input']} → {model['output']}"
        line = f"{model['id']:<40}  {modalities:<14}  {model['name']}"
        _print(given, model, f"{line}  ({model['reason']})" if model["reason"] else line)
    return 0


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def stop_all(client: Client, given: Namespace) -> int:
    """Until the receipt is complete: five seconds at most."""
    receipt = client.post("stop-all", again=True)
    while not receipt["complete"]:
        time.sleep(0.25)
        receipt = client.get(path("stop-all", receipt["id"]))
    shown = [display["ms"] for display in receipt["displays"] if display["ms"] is not None]
    runs, calls = receipt["runs_stopped"], len(receipt["calls"])
    line = f"{receipt['id']}  {_counted(runs, 'run')} stopped, {_counted(calls, 'call')}"
    if receipt["displays"]:
        line += f", shown on {len(shown)} of {len(receipt['displays'])} displays"
    _print(given, receipt, f"{line}. Nothing starts until `resume-all`.")
    return 0


def resume_all(client: Client, given: Namespace) -> int:
    resumed = client.post("resume-all")
    runs = resumed["runs"]
    goes = "goes" if len(runs) == 1 else "go"
    line = f"Lifted; {_counted(len(runs), 'run')} {goes} on. {' '.join(runs)}"
    if resumed["paused"]:
        line += f" Paused as before: {' '.join(resumed['paused'])}."
    for one in resumed["not_resumed"]:
        line += f" {one['run']} does not go on: {one['reason']}"
    _print(given, resumed, line)
    return 0


def follow_events(client: Client, given: Namespace) -> int:
    topic = given.network
    if ":" not in topic and topic != "mission-control":
        topic = f"network:{client.get(path('networks', topic))['id']}"
    begin = given.after or (None if given.all else newest_cursor(client, topic))
    for event in watch_events(client, topic, begin, every=given.every):
        data = " ".join(f"{name}={value}" for name, value in event["data"].items())
        _print(given, event, f"{event['at']}  {event['cursor']}  {event['event']}  {data}")
    return 0


def _wait_until(moment: str) -> None:
    left = (datetime.fromisoformat(moment) - datetime.now(UTC)).total_seconds()
    sys.stderr.write(f"Somebody has just been; {max(0, round(left))} s to wait.\n")
    time.sleep(max(0.1, left + 0.05))


# Output


def _print(given: Namespace, answer: Json, text: str) -> None:
    _write(json.dumps(answer, ensure_ascii=False) if given.json else text)


def _print_fields(given: Namespace, answer: Json) -> int:
    if given.json:
        _print(given, answer, "")
        return 0
    for name, value in answer.items():
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        _write(f"{name:<16}  {text}")
    return 0


def _write(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _run_line(run: Json) -> str:
    line = f"{run['id']}  {run['state']:<9}  {run['invocations']:>4} steps  {run['network']}"
    return f"{line}  “{_short(run['prompt'])}”"


def _network_text(network: Json) -> str:
    """A line, and one for each problem."""
    state = "running" if network["running"] else "idle" if network["runnable"] else "cannot run"
    ring = " → ".join(network["model_ids"]) or "an empty ring"
    line = f"{network['slug']:<24}  {state:<10}  {ring}"
    return "\n    ".join([line, *network["problems"]])


def _result_text(step: Json, url: str) -> str:
    if step["error"] and step["state"] != "completed":
        return f"{step['state']}: {step['error']['detail']}"
    output = step["output"] or {}
    if "asset" in output:
        place = str(output["asset"]["url"])
        return place if "://" in place else f"{url}{place}"
    return _short(output["text"], WIDTH * 2) if output else str(step["state"])


def _short(text: str, most: int = WIDTH) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"
