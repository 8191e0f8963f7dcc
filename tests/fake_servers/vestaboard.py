"""A fake maker of split-flap boards: its Read / Write API. `python -m tests.fake_servers.vestaboard`.

A key is a board. Manners: tests.fake_servers.vendor.
"""

from __future__ import annotations

import json

from tests.fake_servers.http_server import Request, Response, answer
from tests.fake_servers.vendor import Knobs, Vendor, run_vendor

SIGNS = " ABCDEFGHIJKLMNOPQRSTUVWXYZ1234567890!@#$() - +&=;: '\"%,.  /? °"


class Vestaboard(Vendor):
    key_header = "x-vestaboard-read-write-key"
    key_prefix = ""

    async def handle(self, request: Request) -> Response:
        if request.path == "/_control":
            return self.control(request.json())
        knobs = {**self.default, **(self.next.pop(0) if self.next else {})}
        key = request.headers.get(self.key_header, "")
        codes = json.loads(request.body)
        self.note(
            "write",
            key=key,
            token=request.headers.get("x-vestaboard-token", ""),
            path=request.path,
            codes=codes,
            said=said(codes),
            error=knobs.get("error"),
        )
        if not key:
            return answer(self.problem(401, "no key", ""), 401)
        if knobs.get("error") == "304":
            return Response(304)
        if (page := knobs.get("page")) is not None:  # of a proxy, in the maker's place
            return Response(200, str(page).encode(), "text/html")
        if (inside := knobs.get("inside")) is not None:
            return answer(inside)
        if made_up := knobs.get("status"):
            return answer(
                self.problem(int(str(made_up)), str(knobs.get("said", "")), ""), int(str(made_up))
            )
        made = self.failure(str(knobs["error"]), knobs) if knobs.get("error") else None
        made = made or self.make(request, request.path, knobs)
        made.hang = made.hang or float(knobs.get("seconds", 0))
        return made

    def make(self, request: Request, path: str, knobs: Knobs) -> Response:
        self.number += 1
        return answer({"status": "ok", "id": f"message-{self.number}", "created": 0})

    def problem(self, status: int, detail: str, code: str) -> dict[str, object]:
        return {"message": detail, "error": detail}


def said(codes: list[list[int]]) -> str:
    """The words on the board, on one line."""
    rows = ["".join(SIGNS[code] if code < len(SIGNS) else "#" for code in row) for row in codes]
    return " ".join(" ".join(rows).split())


if __name__ == "__main__":
    run_vendor(Vestaboard)
