"""Base classes of what the REST API takes in, and the examples that its description shows."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict


class StrictSchema(BaseModel):
    """What a caller sends: nothing is converted, and unknown fields are refused."""

    model_config = ConfigDict(strict=True, extra="forbid")


def example(value: dict[str, Any]) -> ConfigDict:
    """The `model_config` of a schema with an example; what is sent has one, as a test checks."""
    return ConfigDict(json_schema_extra={"examples": [value]})
