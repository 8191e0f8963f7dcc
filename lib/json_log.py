"""The log as one JSON object a line (`LOG_FORMAT=json`), for whatever collects and searches logs."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime

from django.conf import settings

from .log_ids import current_ids
from .redaction import redact_data

MAX_TEXT = (
    1_500  # characters of a message, and of a traceback: the supervisor cuts lines of 4,000 bytes
)


class JsonLogFormatter(logging.Formatter):
    """`time`, `level`, `logger`, `message`, the ids of what it is about, `facts` where the line has some,
    and `traceback`. Redacted as the other format is."""

    def format(self, record: logging.LogRecord) -> str:
        facts = getattr(record, "facts", {})
        line = {
            "time": f"{datetime.fromtimestamp(record.created, UTC):%Y-%m-%dT%H:%M:%S.%f}Z",
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage()[:MAX_TEXT],
            **current_ids(),
            **facts,
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)[-MAX_TEXT:]
        secrets = settings.PLATFORM_KEYS.values()
        return json.dumps(redact_data(line, secrets), ensure_ascii=False, default=str)
