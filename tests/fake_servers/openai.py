"""A fake OpenAI: chat, pictures, speech, transcription. `python -m tests.fake_servers.openai`.

`refusal`: "message" (the model declines) or "filter" (the filter ends it); `output`: none, url (a
picture's address instead of its bytes), truncated, audio or empty (bytes that are no picture), length (it
ran out of tokens); also as `fake` of a picture's request. Manners: tests.fake_servers.vendor.
"""

from __future__ import annotations

import base64
import re

from tests.fake_servers import media
from tests.fake_servers.http_server import Request, Response, answer
from tests.fake_servers.vendor import Knobs, Vendor, run_vendor


class OpenAI(Vendor):
    def make(self, request: Request, path: str, knobs: Knobs) -> Response | None:
        match path:
            case "/v1/chat/completions":
                return self.completion(request.json(), knobs)
            case "/v1/images/generations":
                return self.picture(request.json(), knobs)
            case "/v1/audio/speech":
                return self.speech(request.json(), knobs)
            case "/v1/audio/transcriptions":
                return self.transcription(request, knobs)
        return None

    def problem(self, status: int, detail: str, code: str) -> dict[str, object]:
        kind = "invalid_request_error" if status < 500 else "server_error"
        return {"error": {"message": detail, "type": kind, "param": None, "code": code}}

    def free(self, request: Request, path: str) -> Response | None:
        prefix, _, file = path.rpartition("/")
        if prefix == "/files":
            return Response(body=media.png(file), content_type="image/png")
        return None

    def listing(self, path: str) -> dict[str, object] | None:
        if path != "/v1/models":
            return None
        whole = {"object": "model", "created": 1_790_000_000, "owned_by": "openai"}
        entries = [{"id": name, **whole, **facts} for name, facts in self.offers().items()]
        return {"object": "list", "data": entries}

    def completion(self, asked: Knobs, knobs: Knobs) -> Response:
        said = asked["messages"][-1]["content"]
        words = said if isinstance(said, str) else f"a picture ({said[0]['text']})"
        message: dict[str, object] = {"role": "assistant", "refusal": None, "annotations": []}
        message["content"] = f"Fake answer {self.number} about {words[:200]}"
        ended = "stop"
        if knobs.get("refusal") == "message":
            message |= {"content": None, "refusal": "I'm sorry, I can't help with that."}
        elif knobs.get("refusal") == "filter":
            message["content"], ended = "", "content_filter"
        elif knobs.get("output") in {"none", "length"}:
            message["content"], ended = "", {"length": "length"}.get(knobs["output"], "stop")
        return answer(
            {
                "id": f"chatcmpl-{self.number}",
                "object": "chat.completion",
                "created": 1_790_000_000,
                "model": asked["model"],
                "choices": [
                    {"index": 0, "message": message, "finish_reason": ended, "logprobs": None}
                ],
                "usage": {
                    "prompt_tokens": 300,
                    "completion_tokens": 50,
                    "total_tokens": 350,
                    "prompt_tokens_details": {"cached_tokens": 100, "audio_tokens": 0},
                    "completion_tokens_details": {"reasoning_tokens": 10},
                },
            }
        )

    def picture(self, asked: Knobs, knobs: Knobs) -> Response:
        output = {**knobs, **asked.get("fake", {})}.get("output")
        picture = media.png(f"{self.number} {asked['prompt']}")
        broken = {"truncated": picture[:-30], "audio": media.wav("a moth"), "empty": b""}
        given = broken.get(str(output), picture)
        shown: dict[str, object] = {"b64_json": base64.b64encode(given).decode()}
        if output == "none":
            shown = {}
        elif output == "url":
            shown = {"url": f"{knobs['base']}/files/{self.number}.png"}
        usage = {"input_tokens": 20, "output_tokens": 400, "total_tokens": 420}
        details = {"text_tokens": 20, "image_tokens": 0}
        return answer(
            {
                "created": 1_790_000_000,
                "data": [shown],
                "output_format": asked.get("output_format", "png"),
                "quality": asked.get("quality", "low"),
                "size": asked.get("size", "1024x1024"),
                "usage": {**usage, "input_tokens_details": details},
            }
        )

    def speech(self, asked: Knobs, knobs: Knobs) -> Response:
        assert {"model", "voice", "input"} <= asked.keys()
        sound = b"" if knobs.get("output") == "none" else media.wav(str(asked["input"]))
        return Response(body=sound, content_type="audio/wav")

    def transcription(self, request: Request, knobs: Knobs) -> Response:
        assert request.headers["content-type"].startswith("multipart/form-data")
        file = re.search(rb'name="file"; filename="([^"]+)"', request.body)
        assert file, "no file came along"
        text = "" if knobs.get("output") == "none" else f"Fake words heard in {file[1].decode()}"
        details = {"audio_tokens": 60, "text_tokens": 4}
        usage = {"type": "tokens", "input_tokens": 64, "output_tokens": 10, "total_tokens": 74}
        return answer({"text": text, "usage": {**usage, "input_token_details": details}})


if __name__ == "__main__":
    run_vendor(OpenAI)
