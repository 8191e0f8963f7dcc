"""What the parser has to say of a value, in words for the person who sent it, and in their language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _

_WHOLE = _("This must be a whole number.")
_NUMBER = _("This must be a number.")
_TRUTH = _("This must be true or false.")
_OBJECT = _("This must be an object.")
_TIME = _("This must be a time such as 2026-01-31T18:00:00Z; in an address, + is written %2B.")
_DATE = _("This must be a date such as 2026-01-31.")

# By the kind of error. What stands in braces is in the error's own context.
SENTENCES = {
    "missing": _("This is required."),
    "extra_forbidden": _("There is no such field."),
    "string_type": _("This must be text."),
    "string_unicode": _("This is not valid text."),
    "string_too_short": _("This is too short: {min_length} is the least number of characters."),
    "string_too_long": _("This may have at most {max_length} characters."),
    "string_pattern_mismatch": _("This does not have the right form, which is {pattern}."),
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_parsing_size": _("This number is too large."),
    "int_from_float": _WHOLE,
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "finite_number": _NUMBER,
    "multiple_of": _("This must be a multiple of {multiple_of}."),
    "greater_than_equal": _("This must be {ge} or more."),
    "greater_than": _("This must be more than {gt}."),
    "less_than_equal": _("This must be {le} or less."),
    "less_than": _("This must be less than {lt}."),
    "bool_type": _TRUTH,
    "bool_parsing": _TRUTH,
    "list_type": _("This must be a list."),
    "too_short": _("This list is too short: {min_length} is the least."),
    "too_long": _("This list is too long: {max_length} is the most."),
    "dict_type": _OBJECT,
    "model_type": _OBJECT,
    "model_attributes_type": _OBJECT,
    "enum": _("This is one of {expected}."),
    "literal_error": _("This is one of {expected}."),
    "datetime_type": _TIME,
    "datetime_parsing": _TIME,
    "datetime_from_date_parsing": _TIME,
    "datetime_object_invalid": _TIME,
    "timezone_aware": _TIME,
    "date_type": _DATE,
    "date_parsing": _DATE,
    "date_from_datetime_parsing": _DATE,
    "date_from_datetime_inexact": _DATE,
}


def sentence_of(entry: Mapping[str, Any]) -> str:
    """Of one error, as pydantic lists them; in its own words where there are none of ours. What a validator of ours
    raises ValueError with is a sentence already."""
    ours = entry.get("ctx", {}).get("error")
    if isinstance(ours, ValueError):
        return f"{str(ours).rstrip('.')}."
    known = SENTENCES.get(str(entry.get("type")))
    if known is None:
        return f"{str(entry['msg']).rstrip('.')}."
    return str(known).format_map({k: _shown(v) for k, v in entry.get("ctx", {}).items()})


def _shown(value: object) -> str:
    """`'a', 'b' or 'c'` comes as it is in messages of others: names, without a word of English."""
    if isinstance(value, int | float):
        return number_format(value, force_grouping=True)
    return str(value).replace("' or '", "', '").replace("'", "")
