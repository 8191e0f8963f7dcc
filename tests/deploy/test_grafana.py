"""The dashboard and the alert rules ask for metrics that there are."""

from __future__ import annotations

import json
import re

import pytest
import yaml
from django.test import Client

from tests.stack import ROOT

FOLDER = ROOT / "deploy" / "grafana"
NAME = re.compile(r"\b(?:panic|process)_[a-z_]+\b")
PART = re.compile(r"_(?:bucket|count|sum)$")  # of a histogram


def rules() -> list[dict[str, str]]:
    (group,) = yaml.safe_load((FOLDER / "alerts.yaml").read_text())["groups"]
    found: list[dict[str, str]] = group["rules"]
    return found


def expressions() -> list[str]:
    panels = json.loads((FOLDER / "dashboard.json").read_text())["panels"]
    asked = [target["expr"] for panel in panels for target in panel["targets"]]
    return asked + [rule["expr"] for rule in rules()]


def asked_for() -> set[str]:
    return {PART.sub("", name) for each in expressions() for name in NAME.findall(each)}


@pytest.mark.django_db
def test_every_metric_that_is_asked_for_exists(client: Client) -> None:
    page = client.get("/metrics").content.decode()
    there = set(re.findall(r"^# HELP (\S+)", page, re.MULTILINE))
    asked = asked_for() - {"panic_check_"}  # the beginning of several

    assert asked - there == set()
    assert any(name.startswith("panic_check_") for name in there)


@pytest.mark.django_db
def test_every_metric_of_ours_is_on_the_dashboard_or_an_alarm(client: Client) -> None:
    page = client.get("/metrics").content.decode()
    there = set(re.findall(r"^# HELP (panic_\S+)", page, re.MULTILINE))
    asked = asked_for()

    shown = {name for name in there if name in asked or name.startswith("panic_check_")}

    assert there - shown <= {"panic_events", *(each for each in there if "panic_stream_" in each)}


def test_every_rule_says_how_serious_it_is_and_what_to_do() -> None:
    for rule in rules():
        assert set(rule) == {"alert", "expr", "for", "labels", "annotations"}
        assert rule["labels"]["severity"] in {"warning", "critical"}  # type: ignore[index]
        assert rule["annotations"]["summary"].endswith(".")  # type: ignore[index]


def test_numbers_of_the_whole_installation_are_not_added_up_over_its_processes() -> None:
    """They come from the database, so that each web process says the same."""
    own = {"panic_sockets"}
    for each in expressions():
        if re.search(r"\bsum\b", each):
            assert set(NAME.findall(each)) <= own


@pytest.mark.django_db
def test_every_metric_of_ours_is_documented(client: Client) -> None:
    page = client.get("/metrics").content.decode()
    there = set(re.findall(r"^# HELP (panic_\S+)", page, re.MULTILINE))
    document = (ROOT / "docs/operations.md").read_text()

    beginnings = ("panic_check_", "panic_stream_")

    assert {
        name for name in there if f"`{name}`" not in document and not name.startswith(beginnings)
    } == set()
