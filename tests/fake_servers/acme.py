"""The vendor of the tutorial: one address, one picture. `python -m tests.fake_servers.acme`.

`output`: none (an answer without a picture). Manners: tests.fake_servers.vendor.
"""

from __future__ import annotations

from tests.fake_servers import media
from tests.fake_servers.http_server import Request, Response, answer
from tests.fake_servers.vendor import Knobs, Vendor, run_vendor


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
    run_vendor(Acme)
