"""A fake server of OpenAI's chat format that lists its models: `python -m tests.fake_servers.compatible`."""

from __future__ import annotations

from tests.fake_servers.http_server import Request, Response, answer
from tests.fake_servers.openai import OpenAI
from tests.fake_servers.vendor import run_vendor

MODELS = ("llama3.2:3b", "Qwen/Qwen2.5-VL-7B-Instruct", "nomic-embed-text:latest")


class Compatible(OpenAI):
    """`loads`: what it answers like Ollama when it is to load a model; 404 if left out."""

    def free(self, request: Request, path: str) -> Response | None:
        if path == "/api/generate":
            asked = request.json()
            self.note("load", model=asked["model"], asked=asked)
            status = int(self.default.get("loads", 404))
            return answer({"model": asked["model"], "done": True}, status)
        if (request.method, path) != ("GET", "/v1/models"):
            return None
        self.note("listed", authorization=request.headers.get("authorization", ""))
        names = self.default.get("models", MODELS)
        listed = [{"id": name, "object": "model", "created": 0, "owned_by": "me"} for name in names]
        if request.headers.get("authorization") == "Bearer wrong":
            return answer(self.problem(401, "Incorrect API key provided.", "invalid_api_key"), 401)
        if self.default.get("listing") == "garbage":
            return Response(200, b'{"data": [')
        if self.default.get("listing") in {"drip", "huge", "html"}:
            return self.failure(self.default["listing"], self.default)
        response = answer({"object": "list", "data": listed})
        response.hang = float(self.default.get("listing_seconds", 0))
        return response


if __name__ == "__main__":
    run_vendor(Compatible)
