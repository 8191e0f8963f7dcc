"""What a provider's error says: its own words, which of our errors it is, how long to wait. Pure.

Providers and the servers in front of them put an error into many shapes, also into an answer of 200.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from . import sentences
from .errors import NotConfigured, PlatformError, RateLimited, Refused, TimedOut, Unavailable

MAX_WAIT_SECONDS = 86_400.0  # whatever a Retry-After says, ask again tomorrow
MAX_WORDS = 300  # characters
_KEYS = (
    *("message", "msg", "detail", "error_message", "errorMessage", "error_description"),
    *("error", "errors", "status_msg", "base_resp", "faultstring", "fault", "Message"),
    *("statusMessage", "reason", "title", "description"),
)
_CODE_KEYS = ("code", "status", "status_code", "statusCode", "error_code", "http_code")

# Words that decline the content, whatever else is said with them.
_SENSITIVE = re.compile(
    r"nsfw|not safe for work|(?<!case)(?<!case-)(?<!case )(\b|new_)sensitive\b|\bE005\b"
    r"|sensitive ?content|\bmoderat(ed|ion)\b|moderation_|\b(usage|content|use|safety) polic(y|ies)"
    r"|polic(y|ies) violation|violat\w*\b.{0,40}\b(polic|guideline|terms|rules)|content.?policy"
    r"|inappropriate|(explicit|adult|harmful|disallowed) (content|material)|content.?filter"
    r"|sexual|nudity|\b(was|were|been|is|are) flagged|flagged (as|by|for)|prohibited.?content"
    r"|(usage|community|content) guidelines|responsible ?ai|risk control|csam"
    r"|copyright(ed)? (content|material|restriction|character|infring|violat)|related to copyright"
    r"|(forbidden|banned|blocked|prohibited) (words?|terms?|prompt)"
    r"|safety.?(system|violation|reasons?|filters?|settings?|guidelines|concerns?)"
    r"|(block|reject|refus|declin|flag|violat)\w*\b.{0,60}\bsafety"
    r"|\bsafety\b.{0,60}\b(block|reject|refus|declin|flag|violat)\w*",
    re.IGNORECASE,
)
# Words of a machine that broke, also while it checked the content.
_TECHNICAL = re.compile(
    r"traceback|\b\w*(Attribute|Key|Type|Import|Index|Name|OS|Memory|ModuleNotFound|FileNotFound"
    r"|Connection|Timeout|Runtime|Assertion|NotImplemented|HTTP)Error\b|out of memory|\bcuda\b"
    r"|no such (file|module|key)|no module named|has no attribute|not (defined|callable|iterable)"
    r"|NoneType|unexpected keyword|missing \d* ?(required|positional|argument)|failed to \w+"
    r"|(could|can)(not| not|'t) (be )?(load|import|download|open|find|connect|reach|initiali[sz]e)\w*"
    r"|time[ds]? ?out|\bcrash|unavailable|not (found|available|installed|loaded|initiali[sz]ed)"
    r"|(retry|cors|data|network|cache|privacy|routing|scheduling|eviction|restart) policy"
    r"|weights|checkpoint|state_dict|dtype|tensor|\bshape\b|internal (server )?error|is down",
    re.IGNORECASE,
)
_DETECTED = re.compile(
    r"nsfw.{0,20}(detected|found)|\bE005\b|flagged as|(content|prompt|image|output|input|request)"
    r"s? (was|were|has been|have been|is) (flagged|blocked|rejected|refused|moderated)"
    r"|violat\w*\b.{0,40}\b(polic|guideline|terms)|(adult|explicit) content (was )?detected"
    r"|advanced moderation failed|risk control",
    re.IGNORECASE,
)
_DECLINED_CODES = re.compile(
    r"content_policy|content_filter|moderation_blocked|responsibleai|safety_violation",
    re.IGNORECASE,
)
_NO_CREDIT = re.compile(
    r"insufficient[_ ](quota|balance|credits?|funds)|credit balance|out of credits?|no credits? left"
    r"|billing_(hard_limit|not_active|error)|requires more credits|余额不足|欠费",
    re.IGNORECASE,
)
_BAD_KEY = re.compile(
    r"(invalid|incorrect|wrong|missing|unknown|expired|revoked|disabled|bad|no|malformed)[\s\w_-]{0,12}"
    r"(api[ _-]?key|x-api-key|access token|api token|auth(orization|entication)? (header|token|cred)"
    r"|credentials|bearer)|api[ _-]?key[\s\w:'\"*•-]{0,40}(invalid|not valid|incorrect|expired|revoked"
    r"|not found|missing|wrong|disabled|required|not (correct|recogni[sz]ed))"
    r"|api_key_invalid|invalid_api_key|authentication_error|unauthenticated|login fail|user not found"
    r"|pass a valid api key|didn.t provide an api key|无效的令牌|无效的API|令牌已过期",
    re.IGNORECASE,
)
_RATE = re.compile(r"rate.?limit|too many requests|throttl|请求过于频繁", re.IGNORECASE)
# What a server says with 5xx of a request that it will never take.
_UNFIT = re.compile(
    r"(image|audio|video|vision|multimodal)( input)?s? (is|are) not supported"
    r"|(not|n.t) support (image|vision|multimodal|audio)|mmproj|unsupported content part"
    r"|roles? must alternate|system role|image_url",
    re.IGNORECASE,
)
_STATUS_WORDS = (
    (re.compile(r"rate.?limit|too.?many|resource_exhausted|throttl|1002", re.I), 429),
    (re.compile(r"insufficient|payment|billing|balance|credit", re.I), 402),
    (_BAD_KEY, 401),
    (re.compile(r"permission|forbidden", re.I), 403),
    (re.compile(r"not.?found|no such model|does not exist", re.I), 404),
    (
        re.compile(r"overload|unavailable|server_error|internal|timeout|capacity|upstream", re.I),
        503,
    ),
    (re.compile(r"invalid|bad.?request|unsupported|context.?length|validation", re.I), 400),
)
_ANSWER_LOST = {502, 504, 520, 524}
_UNIT = r"(?:ms|milliseconds?|hours?|h|minutes?|min|m|seconds?|secs?|s)(?![a-z])"
_DURATION = re.compile(
    rf"(?:try again|retry|wait|resets?)\b[^\d]{{0,40}}((?:\d+(?:\.\d+)?\s?{_UNIT}[\s,]*(?:and\s)?)+)",
    re.IGNORECASE,
)
_PART = re.compile(r"(\d+(?:\.\d+)?)\s?(ms|mil|h|m|s)", re.IGNORECASE)
_SECONDS = {"ms": 0.001, "mil": 0.001, "h": 3600.0, "m": 60.0, "s": 1.0}


# Words


def words_in(body: bytes) -> str:
    """What the provider said, in its own words, fit for one line; empty where it said nothing."""
    text = body[:200_000].decode("utf-8", "replace").strip()
    try:
        said = _words(json.loads(text))
    except ValueError:
        said = "" if text[:1] in "{[" else _page_title(text) if text[:1] == "<" else text
    # NUL cannot be stored, half surrogates cannot be sent; JSON has both.
    storable = said.replace("\0", "").encode("utf-8", "ignore").decode()
    return " ".join(storable.split())[:MAX_WORDS]


def _words(value: object, depth: int = 0) -> str:
    if depth > 6:
        return ""
    if isinstance(value, str):
        return _unpacked(value, depth)
    if isinstance(value, list):
        found = dict.fromkeys(filter(None, (_words(one, depth + 1) for one in value[:5])))
        return "; ".join(found)
    if not isinstance(value, Mapping):
        return ""
    parts = (*(value.get(key) for key in _KEYS), *_errors_of_choices(value))
    said = next(filter(None, (_words(part, depth + 1) for part in parts)), "")
    if where := value.get("loc"):  # of a field that does not validate
        return f"{'.'.join(map(str, where)) if isinstance(where, list) else where}: {said}"
    metadata = value.get("metadata")  # what stands behind “Provider returned error”
    raw = _words(metadata.get("raw"), depth + 1) if isinstance(metadata, Mapping) else ""
    if raw and raw != said:
        return f"{said}: {raw}" if said else raw
    if said or depth == 0:
        return said
    fields = (
        (name, _words(one, depth + 1)) for name, one in value.items() if name not in _CODE_KEYS
    )
    return "; ".join(f"{name}: {said}" for name, said in fields if said and name != "type")


def _errors_of_choices(value: Mapping[str, object]) -> list[object]:
    choices = value.get("choices")
    listed = choices if isinstance(choices, list) else []
    return [choice.get("error") for choice in listed[:1] if isinstance(choice, Mapping)]


def _unpacked(text: str, depth: int) -> str:
    """The words in JSON that somebody has put into a string."""
    if (start := text.find("{")) >= 0 and text.rstrip().endswith("}"):
        try:
            inner = _words(json.loads(text[start:]), depth + 1)
        except ValueError:
            inner = ""
        if inner:
            return f"{text[:start].strip()} {inner}".strip()
    return "" if text.strip().lower() in {"null", "none"} else text


def _page_title(text: str) -> str:
    found = re.search(r"<title[^>]*>(.*?)</title>|<h1[^>]*>(.*?)</h1>", text, re.I | re.DOTALL)
    said = re.sub(r"<[^>]*>", " ", (found[1] or found[2] or "") if found else "").strip()
    return f"a web page (“{said[:80]}”)" if said else ""


# An error inside of a 200


def status_inside(content: object) -> int | None:
    """The status an answer of 200 has in truth; None where it contains no error."""
    if isinstance(content, list):
        errors = [one for one in content if isinstance(one, Mapping) and one.get("error")]
        return status_inside(errors[0]) if errors and len(errors) == len(content) else None
    if not isinstance(content, Mapping):
        return None
    choices = content.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    within = choice if isinstance(choice, Mapping) else {}
    base = content.get("base_resp")
    failed = isinstance(base, Mapping) and base.get("status_code") not in (None, 0, "0")
    if not (
        content.get("error")
        or within.get("error")
        or within.get("finish_reason") == "error"
        or content.get("object") == "error"
        or content.get("type") == "error"
        or content.get("success") is False
        or failed
        or (not choices and _status_in_codes(content))
    ):
        return None
    return _status_in_codes(content) or _status_in_words(json.dumps(content))


def _status_in_codes(content: Mapping[str, object]) -> int | None:
    choices = content.get("choices")
    for part in (content.get("error"), *(choices if isinstance(choices, list) else ()), content):
        for one in part if isinstance(part, list) else [part]:
            inner = one.get("error") if isinstance(one, Mapping) and part is not content else None
            for table in (one, inner):
                for key in _CODE_KEYS if isinstance(table, Mapping) else ():
                    code = str(table.get(key))  # type: ignore[union-attr]
                    if code.isdecimal() and 400 <= int(code) < 600:
                        return int(code)
    return None


def _status_in_words(words: str) -> int:
    return next((status for pattern, status in _STATUS_WORDS if pattern.search(words)), 502)


# Which error it is


def error_of(
    status: int, headers: Mapping[str, str], body: bytes, provider: str, key_setting: str
) -> PlatformError:
    """The error that an answer stands for; codes count, where words alone mislead."""
    said, facts = words_in(body), _facts(body)
    source = sentences.ANSWERED_WITH if said else sentences.ANSWERED
    words = source % {"provider": provider, "status": status, "said": said}
    known = {"sentence": words, "key": key_setting}
    wait = retry_after(headers, body)
    if _lacks_credit(status, facts, wait):
        return NotConfigured(sentences.NEEDS_CREDIT % known, key_refused=True)
    if status == 401 or (
        status != 429 and not _is_declined(said, facts) and _BAD_KEY.search(facts)
    ):
        return NotConfigured(sentences.CHECK_KEY % known, key_refused=True)
    if status == 429 or (status in {400, 403, 409, 500, 503} and _RATE.search(said)):
        return RateLimited(words, retry_after=wait)
    if status in {404, 410}:
        return NotConfigured(sentences.PERHAPS_WITHDRAWN % known)
    if status == 403 and not _is_declined(said, facts):  # the key may be good for other models
        return NotConfigured(sentences.CHECK_KEY % known)
    if status == 408:
        return TimedOut(words)
    if (400 <= status < 500 and status not in {409, 425}) or _UNFIT.search(said):
        declined = status == 451 or _is_declined(said, facts)
        return Refused(words, kind="sensitive" if declined else "invalid")
    # Whoever stands in front of the provider says that its answer was lost, and not what it was.
    return Unavailable(words).as_hidden() if status in _ANSWER_LOST else Unavailable(words)


def _lacks_credit(status: int, facts: str, wait: float | None) -> bool:
    if status == 402:
        return True
    return status in {400, 403, 429, 500} and wait is None and bool(_NO_CREDIT.search(facts))


def _is_declined(words: str, facts: str) -> bool:
    return is_sensitive(words) or bool(_DECLINED_CODES.search(facts))


def _facts(body: bytes) -> str:
    """The error with its codes, as text."""
    text = body[:20_000].decode("utf-8", "replace")
    try:
        content = json.loads(text)
    except ValueError:
        return text
    error = content.get("error") if isinstance(content, Mapping) else None
    return json.dumps(error or content, ensure_ascii=False)


def is_sensitive(words: str) -> bool:
    """Whether a provider's words mean that it declines the content, not the request's form, and
    not that something of its own is broken."""
    if not _SENSITIVE.search(words):
        return False
    return bool(_DETECTED.search(words)) or not _TECHNICAL.search(words)


# How long to wait


def retry_after(
    headers: Mapping[str, str], body: bytes, *, now: datetime | None = None
) -> float | None:
    """Seconds to wait: by the headers, else by a field of the body, else by its words."""
    at = now or datetime.now(UTC)
    found = next((one for one in _waits(headers, body, at) if one is not None), None)
    if found is None:
        return None
    return min(max(0.0, found), MAX_WAIT_SECONDS)


def _waits(headers: Mapping[str, str], body: bytes, now: datetime) -> Iterator[float | None]:
    header = headers.get("retry-after", "").strip()
    yield _seconds(header)
    try:
        due = parsedate_to_datetime(header)
        yield (due.replace(tzinfo=due.tzinfo or UTC) - now).total_seconds()
    except ValueError:
        pass
    if (milliseconds := _seconds(headers.get("retry-after-ms", ""))) is not None:
        yield milliseconds / 1000
    try:
        content = json.loads(body)
    except ValueError:
        content = None
    yield from _fields(content, now)
    if said := _DURATION.search(words_in(body)):
        yield sum(float(part[1]) * _SECONDS[part[2].lower()] for part in _PART.finditer(said[1]))


def _fields(value: object, now: datetime, depth: int = 0) -> Iterator[float | None]:
    if isinstance(value, list):
        for one in value[:10]:
            yield from _fields(one, now, depth + 1)
    if not isinstance(value, Mapping) or depth > 6:
        return
    for key, one in value.items():
        name = re.sub(r"[^a-z]", "", str(key).lower())
        if name in {"retryafter", "retryafterseconds", "retrydelay", "waitseconds"}:
            yield _seconds(one)
        elif name in {"retryafterms", "retrydelayms"} and (wait := _seconds(one)) is not None:
            yield wait / 1000
        elif name == "xratelimitreset" and (due := _seconds(one)) is not None:
            due = due / 1000 if due > 1e11 else due
            yield due - now.timestamp() if due > 1e9 else due
        else:
            yield from _fields(one, now, depth + 1)


def _seconds(value: object) -> float | None:
    """A number, or one with an s behind it."""
    try:
        found = float(str(value).strip().removesuffix("s"))
    except ValueError:
        return None
    return found
