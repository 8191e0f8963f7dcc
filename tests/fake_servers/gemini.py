"""A fake Gemini: generateContent. `python -m tests.fake_servers.gemini`.

`refusal`: "prompt" (blocked before it began) or the name of a finish reason, such as SAFETY;
`output`: none, text (also where a picture was asked for), thinking, cut (a refusal after some words). Manners: tests.fake_servers.vendor.
"""

from __future__ import annotations

import base64
import re
from typing import Any

from tests.fake_servers import media
from tests.fake_servers.http_server import Request, Response, answer
from tests.fake_servers.vendor import Knobs, Vendor, run_vendor

STATUSES = {400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED"}
STATUSES |= {404: "NOT_FOUND", 429: "RESOURCE_EXHAUSTED", 500: "INTERNAL", 503: "UNAVAILABLE"}


class Gemini(Vendor):
    key_header = "x-goog-api-key"
    key_prefix = ""

    def make(self, request: Request, path: str, knobs: Knobs) -> Response | None:
        found = re.fullmatch(r"/v1(?:beta)?/models/([\w.-]+):generateContent", path)
        if not found:
            return None
        content = self.answer(request.json(), found[1], knobs)
        usage = {"promptTokenCount": 300, "candidatesTokenCount": 40, "thoughtsTokenCount": 10}
        details = [
            {"modality": "AUDIO", "tokenCount": 200},
            {"modality": "TEXT", "tokenCount": 100},
        ]
        content["usageMetadata"] = {**usage, "totalTokenCount": 350, "promptTokensDetails": details}
        return answer({**content, "modelVersion": found[1], "responseId": str(self.number)})

    def problem(self, status: int, detail: str, code: str) -> dict[str, object]:
        error: dict[str, object] = {"code": status, "message": detail}
        error["status"] = STATUSES.get(status, "UNKNOWN")
        if code != "fake_error":
            kind = "type.googleapis.com/google.rpc.RetryInfo"
            error["details"] = [{"@type": kind, "retryDelay": code}]
        return {"error": error}

    def listing(self, path: str) -> dict[str, object] | None:
        if not re.fullmatch(r"/v1(?:beta)?/models", path):
            return None
        entries = [
            {"name": f"models/{name}", "displayName": name, "version": "001", **facts}
            for name, facts in self.offers().items()
        ]
        return {"models": entries}

    def answer(self, asked: dict[str, Any], model: str, knobs: Knobs) -> dict[str, object]:
        refusal = knobs.get("refusal")
        if refusal == "prompt":
            return {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}}
        cut = knobs.get("output") == "cut"
        parts = [] if refusal and not cut else self.parts(asked, model, knobs)
        candidate = {"index": 0, "finishReason": refusal or "STOP"}
        if parts:
            candidate["content"] = {"role": "model", "parts": parts}
        return {"candidates": [candidate]}

    def parts(self, asked: dict[str, Any], model: str, knobs: Knobs) -> list[dict[str, object]]:
        given = asked["contents"][-1]["parts"]
        words = given[-1]["text"][:200]
        if len(given) > 1:
            media_sent = given[0]["inlineData"]  # either spelling is proper JSON of a protobuf
            kind = media_sent.get("mimeType") or media_sent["mime_type"]
            words = f"{kind} ({words})"
        if knobs.get("output") == "none":
            return []
        if asked.get("generationConfig", {}).get("responseModalities") == ["IMAGE"]:
            picture = base64.b64encode(media.png(f"{self.number} {words}")).decode()
            if knobs.get("output") != "text":
                return [{"inlineData": {"mimeType": "image/png", "data": picture}}]
        text: dict[str, object] = {"text": f"Fake answer {self.number} about {words}"}
        thought: dict[str, object] = {"text": "Hm.", "thought": True}
        return [thought, text] if knobs.get("output") == "thinking" else [text]


if __name__ == "__main__":
    run_vendor(Gemini)
