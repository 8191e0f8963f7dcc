"""The vendor of the tutorial: one address, one picture. `python -m tests.standins.acme`.

`output`: none (an answer without a picture). Manners: tests.standins.vendor.
"""

from __future__ import annotations

from tests.standins import media
from tests.standins.vendor import Knobs, Vendor, stand_in
from tests.standins.wire import Request, Response, answer


class Acme(Vendor):
    def make(self, request: Request, path: str, knobs: Knobs) -> Response | None:
        if (request.method, path) != ("POST", "/v1/brush-1"):
            return None
        assert request.json().keys() == {"prompt"}
        if knobs.get("output") == "none":
            return answer({"picture": None})
        return answer({"picture": f"{knobs['base']}/pictures/{self.number}.png"})

    def problem(self, status: int, detail: str, code: str) -> dict[str, object]:
        return {"detail": detail, "code": code}

    def free(self, request: Request, path: str) -> Response | None:
        if path.startswith("/pictures/"):
            return Response(body=media.png(path), content_type="image/png")
        return None


if __name__ == "__main__":
    stand_in(Acme)
