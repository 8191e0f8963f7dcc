"""A fake receiver of notifications: a webhook, and what else takes JSON. `python -m tests.fake_servers.receiver`.

Everything that comes is in its journal as `received`. Manners: tests.fake_servers.vendor, and `redirect`, an
address that it answers 307 with.
"""

from __future__ import annotations

from tests.fake_servers.http_server import Request, Response, answer
from tests.fake_servers.vendor import Knobs, Vendor, abridged, run_vendor


class Receiver(Vendor):
    async def handle(self, request: Request) -> Response:
        if request.path == "/_control":
            return self.control(request.json())
        knobs = {**self.default, **(self.next.pop(0) if self.next else {})}
        self.note("received", path=request.path, content=abridged(request))
        if address := knobs.get("redirect"):
            return Response(307, headers={"location": str(address)})
        error = knobs.get("error")
        made = self.failure(str(error), knobs) if error else answer({"ok": True})
        made.hang = made.hang or float(knobs.get("seconds", 0))
        return made

    def make(self, request: Request, path: str, knobs: Knobs) -> Response | None:
        return None

    def problem(self, status: int, detail: str, code: str) -> dict[str, object]:
        return {"error": detail}


if __name__ == "__main__":
    run_vendor(Receiver)
