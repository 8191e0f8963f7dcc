"""A fake Anthropic: messages. `python -m tests.fake_servers.anthropic`.

`refusal`: "message" (the classifiers end it); `output`: none, length (it ran out of tokens before a
word), thinking (thoughts before the text). Manners: tests.fake_servers.vendor.
"""

from __future__ import annotations

from typing import Any

from tests.fake_servers.http_server import Request, Response, answer
from tests.fake_servers.vendor import Knobs, Vendor, run_vendor

KINDS = {400: "invalid_request_error", 401: "authentication_error", 402: "billing_error"}
KINDS |= {403: "permission_error", 404: "not_found_error", 413: "request_too_large"}
KINDS |= {429: "rate_limit_error", 529: "overloaded_error"}


class Anthropic(Vendor):
    def make(self, request: Request, path: str, knobs: Knobs) -> Response | None:
        if path != "/v1/messages":
            return None
        assert request.headers["anthropic-version"]
        asked = request.json()
        assert {"model", "max_tokens", "messages"} <= asked.keys()
        return answer(self.message(asked, knobs))

    def problem(self, status: int, detail: str, code: str) -> dict[str, object]:
        error = {"type": KINDS.get(status, "api_error"), "message": detail}
        return {"type": "error", "error": error, "request_id": f"req_{self.number}"}

    def listing(self, path: str) -> dict[str, object] | None:
        if path != "/v1/models":
            return None
        whole = {"type": "model", "created_at": "2026-01-01T00:00:00Z", "lifecycle": "active"}
        entries = [
            {"id": name, "display_name": name, **whole, **facts}
            for name, facts in self.offers().items()
        ]
        ends = {"first_id": entries[0]["id"], "last_id": entries[-1]["id"]} if entries else {}
        return {"data": entries, "has_more": False, **ends}

    def message(self, asked: dict[str, Any], knobs: Knobs) -> dict[str, object]:
        said = asked["messages"][-1]["content"]
        words = said if isinstance(said, str) else f"a picture ({said[1]['text']})"
        blocks: list[dict[str, object]] = [
            {"type": "text", "text": f"Fake answer {self.number} ", "citations": None},
            {"type": "text", "text": f"about {words[:200]}", "citations": None},
        ]
        reason, details = "end_turn", None
        if knobs.get("refusal"):
            blocks, reason = [], "refusal"
            words = "This request was declined."
            details = {"type": "refusal", "category": "general_harms", "explanation": words}
        elif knobs.get("output") in {"none", "length"}:
            blocks, reason = [], "max_tokens" if knobs["output"] == "length" else "end_turn"
        elif knobs.get("output") == "thinking":
            blocks.insert(0, {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"})
        return {
            "id": f"msg_{self.number}",
            "type": "message",
            "role": "assistant",
            "model": asked["model"],
            "content": blocks,
            "stop_reason": reason,
            "stop_sequence": None,
            "stop_details": details,
            "usage": {
                "input_tokens": 200,
                "cache_read_input_tokens": 100,
                "cache_creation_input_tokens": 0,
                "output_tokens": 50,
                "service_tier": "standard",
            },
        }


if __name__ == "__main__":
    run_vendor(Anthropic)
