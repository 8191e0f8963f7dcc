"""A field of a network is declared once: the recipe of CONTRIBUTING.md, followed with one more field."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pydantic
import pytest
from django import forms
from django.test import Client
from django.urls import reverse

from accounts.models import User
from lib.validation import Invalid
from networks import changes
from networks.fields import FIELDS, INTERNAL_COLUMNS
from networks.fields.declaration import NetworkField
from networks.fields.sections import SECTIONS
from networks.forms.inputs import SettingsInput
from networks.models import Network
from tests.people import html_of

PROBLEM = "Only what anybody may watch is shown on the home page."


@pytest.fixture
def declared(monkeypatch: pytest.MonkeyPatch) -> Iterator[NetworkField]:
    """A column that is not settable in the product, declared as if it were."""
    field = NetworkField(
        name="featured",
        type=bool,
        description="The home page leads here.",
        example=False,
        problem=lambda value, values: PROBLEM if value and not values["public"] else "",
        depends_on=("public",),
        input=SettingsInput(forms.BooleanField, label="On the home page", required=False),
        is_private=True,
    )
    FIELDS.append(field)
    monkeypatch.setitem(SECTIONS, "Home page", ["featured"])
    yield field
    FIELDS.remove(field)


def _load_anew(name: str) -> Any:
    """The module as it would be imported with the fields there are now."""
    spec = importlib.util.find_spec(name)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_declared_field_is_in_the_api(declared: NetworkField) -> None:
    schemas = _load_anew("networks.api.schemas")
    change, answer = schemas.NetworkChange, schemas.NetworkOut

    described = change.model_json_schema()["properties"]["featured"]
    assert described["description"] == "The home page leads here."
    assert described["default"] is False
    assert change(featured=True).values == {"featured": True}
    assert "featured" in answer.model_json_schema()["required"]
    with pytest.raises(pydantic.ValidationError):
        change(featured="yes")


def test_a_declared_field_is_on_the_settings_page(
    declared: NetworkField, owner: Client, network: Network
) -> None:
    path = reverse("networks:settings", args=[network.slug])
    page = owner.get(path)
    given = {field.name: field.value() for field in page.context["form"]}
    given = {name: value for name, value in given.items() if value not in (None, False)}

    refused = owner.post(path, {**given, "featured": "on"})
    saved = owner.post(path, {**given, "featured": "on", "public": "on"})

    assert "On the home page" in html_of(page)
    assert PROBLEM in html_of(refused)
    assert saved.status_code == 302
    assert Network.objects.get().featured


def test_a_declared_field_is_checked_set_and_copied(
    bob: User, declared: NetworkField, network: Network
) -> None:
    with pytest.raises(Invalid) as refused:
        changes.change(network=network, values={"featured": True})
    changed = changes.change(network=network, values={"featured": True, "public": True})
    with pytest.raises(Invalid):
        changes.change(network=changed, values={"public": False})

    assert refused.value.errors == {"featured": PROBLEM}
    assert changed.featured
    assert changes.duplicate(network=changed, owner=network.owner).featured
    assert not changes.duplicate(network=changed, owner=bob).featured


def test_every_column_is_declared_or_internal() -> None:
    columns = {field.name for field in Network._meta.concrete_fields}
    plain = {field.name for field in FIELDS if field.is_plain}

    assert columns == plain | INTERNAL_COLUMNS | {"slug", "slots"}
    assert not plain & INTERNAL_COLUMNS


def test_every_field_with_an_input_has_one_place_on_the_settings_page() -> None:
    placed = [name for names in SECTIONS.values() for name in names]

    assert sorted(placed) == sorted(field.name for field in FIELDS if field.input)


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_every_field_is_in_the_documentation(field: Any) -> None:
    page = Path(__file__).resolve().parents[2] / "docs" / "api.md"
    table = page.read_text().partition("### A network\n")[2].partition("\n###")[0]

    assert re.search(rf"^\| .*`{field.name}`.* \|.*\|$", table, re.MULTILINE)
