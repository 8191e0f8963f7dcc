"""A farm worker as a program that calls the web process of a browser's test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx

from .web_server import WebServer

SHOUT = {"name": "shout", "title": "Shout", "input": "text", "output": "text", "seconds": 0.1}


@dataclass
class FarmProgram:
    url: str
    id: str
    secret: str

    @classmethod
    def enrol(cls, web: WebServer, name: str) -> FarmProgram:
        """A new machine, signed on with a model that shouts."""
        body = {
            "token": web.do("enrolment_token"),
            "name": name,
            "platform": "linux",
            "version": "1.0",
        }
        answer = httpx.post(f"{web.url}/api/farm/v1/enrol", json=body, timeout=60)
        assert answer.status_code == 201, answer.text
        made = cls(web.url, **answer.json())
        made.call("sign-on", {"session": name, "offers": [SHOUT]})
        return made

    def call(
        self, path: str, body: Any = None, method: str = "POST", **more: Any
    ) -> httpx.Response:
        """Of any status."""
        headers = {"Authorization": f"Bearer {self.secret}"} | more.pop("headers", {})
        given = more or {"json": body or {}}
        address = f"{self.url}/api/farm/v1/{path}"
        return httpx.request(method, address, headers=headers, timeout=60, **given)

    def claim(self) -> str:
        """The token of what it is given."""
        return str(self.call("claim", {"slots": 1}).json()["assignments"][0]["token"])
