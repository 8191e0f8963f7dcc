"""Where a node that is marked as the input takes it: its file, its text, or all texts of an encoder."""

from __future__ import annotations

import re
from collections.abc import Iterable

from django.utils.translation import gettext

from platforms.base import Modality

from .graph import Graph, Node, class_of, source_of
from .marks import Mark, Socket, find_field, title_of

LOADERS = (
    (re.compile(r"load.*audio", re.I), Modality.AUDIO, ("audio", "audio_file", "file")),
    (re.compile(r"load.*video", re.I), Modality.VIDEO, ("file", "video")),
    (re.compile(r"load.*image", re.I), Modality.IMAGE, ("image",)),
)
TEXTS = {"text", "value", "prompt", "string", "positive", "wildcard_text", "user_prompt"}
# A picture's model that has several encoders reads the same words through each of them.
ENCODED = re.compile(
    r"(text|prompt|positive)(_(clip_)?(g|l)|_t5(xxl)?)?|clip_[glh]|t5(xxl|xl)?|mt5xl|bert|llama|"
    r"qwen\d\w*|gemma\d\w*",
    re.I,
)
MOST_NAMED = 6  # fields in one sentence


class NoSuchField(ValueError):
    """The input has no place in a node; why, in a sentence."""


def sockets_of(graph: Graph, mark: Mark, marked: Iterable[str]) -> tuple[Modality, list[Socket]]:
    """What a node takes, and the fields it goes into. `marked`: all nodes marked as the input.

    Raises NoSuchField.
    """
    node = graph[mark.node]
    for pattern, modality, fields in LOADERS:
        if pattern.search(class_of(node)):
            found = find_field(node, mark.field) if mark.field else _first_text(node, fields)
            if not isinstance(node["inputs"].get(found), str):
                raise NoSuchField(_no_field(node, mark))
            return modality, [Socket(mark.node, found)]
    texts = [_named(graph, mark)] if mark.field else _chosen(graph, mark, set(marked))
    return Modality.TEXT, [Socket(mark.node, field) for field in texts]


def _first_text(node: Node, fields: Iterable[str]) -> str:
    found = (find_field(node, one) for one in fields)
    return next((one for one in found if isinstance(node["inputs"].get(one), str)), "")


def _named(graph: Graph, mark: Mark) -> str:
    node = graph[mark.node]
    field = find_field(node, mark.field)
    value = node["inputs"].get(field)
    if isinstance(value, str):
        return field
    if source := source_of(value):
        raise NoSuchField(_comes_from(graph, mark, field, source))
    raise NoSuchField(_no_field(node, mark, _offered(node)))


def _chosen(graph: Graph, mark: Mark, marked: set[str]) -> list[str]:
    node = graph[mark.node]
    known = [field for field in node["inputs"] if _is_text(field)]
    linked = {field: source_of(node["inputs"][field]) for field in known}
    linked = {field: source for field, source in linked.items() if source in graph}
    typed = [field for field in known if isinstance(node["inputs"][field], str)]
    typed = typed or [field for field, one in node["inputs"].items() if isinstance(one, str)]
    unmarked = [field for field, source in linked.items() if source not in marked]
    if unmarked and (not typed or not set(typed) <= set(known) or _are_of_one_prompt(known)):
        raise NoSuchField(_comes_from(graph, mark, unmarked[0], linked[unmarked[0]]))
    if len(typed) == 1 or (typed and _are_of_one_prompt(typed)):
        return typed
    if not typed:
        raise NoSuchField(_no_field(node, mark))
    sentence = gettext(
        "The node “%(node)s” has several texts: say which takes the input, as in "
        "panic:input.%(field)s, once for each (it has %(fields)s)."
    )
    words = {"field": _written(typed[0]), "fields": _offered(node)}
    raise NoSuchField(sentence % {"node": title_of(node, mark.node), **words})


def _plain(field: str) -> str:
    return field.rpartition(".")[2].lower()


def _is_text(field: str) -> bool:
    return _plain(field) in TEXTS or bool(ENCODED.fullmatch(_plain(field)))


def _are_of_one_prompt(fields: Iterable[str]) -> bool:
    """Whether all of these are views of one prompt, of which each encoder of a model gets its own."""
    named = {_plain(field) for field in fields}
    encoded = all(ENCODED.fullmatch(one) for one in named)
    return encoded and len(named) > 1 and len(named & TEXTS) < 2


def _comes_from(graph: Graph, mark: Mark, field: str, source: str) -> str:
    sentence = gettext(
        "The node “%(node)s” takes its %(field)s from the node “%(source)s”: put %(mark)s into the "
        "title of that one."
    )
    return sentence % {
        "node": title_of(graph[mark.node], mark.node),
        "field": field,
        "source": title_of(graph.get(source), source),
        "mark": mark.text,
    }


def _no_field(node: Node, mark: Mark, fields: str = "") -> str:
    sentence = gettext("The node “%(node)s” has no field the input could go into.")
    if fields:
        sentence = gettext(
            "The node “%(node)s” has no field the input could go into (it has %(fields)s)."
        )
    return sentence % {"node": title_of(node, mark.node), "fields": fields}


def _offered(node: Node) -> str:
    """The fields with texts that a node has."""
    texts = [field for field, value in node["inputs"].items() if isinstance(value, str)]
    return ", ".join(texts[:MOST_NAMED])


def _written(field: str) -> str:
    return f'"{field}"' if " " in field else field
