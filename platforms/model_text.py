# ruff: noqa: RUF001  (tokens and quotes of other scripts)
"""A model's text without its reasoning, its control tokens and a pair of quotes around it. Pure."""

from __future__ import annotations

import re

_NAMES = r"(?:[a-z]+:)?(?:think(?:ing)?|thoughts?|reason(?:ing)?|analysis|reflection|scratchpad|antthinking)"
_REASONING = re.compile(
    rf"<(?P<slash>/?){_NAMES}(?:\s[^<>]*)?>"
    r"|\[(?P<slash2>/?)THINK\]|◁(?P<slash3>/?)think▷"
    r"|<\|(?:(?P<end>end_?(?:of_)?|/)|(?:start|begin)_?(?:of_)?)?(?:think(?:ing)?|thought|reasoning)\|>"
    r"|<\|channel>(?:thought|analysis)?|(?P<end2><channel\|>)",
    re.IGNORECASE,
)
_HARMONY_FINAL = re.compile(
    r"<\|channel\|>\s*final\b[^<]*(?:<\|constrain\|>[^<]*)?<\|message\|>", re.IGNORECASE
)
# The same where the server left the tokens out and kept the names of the channels.
_BARE_HARMONY = re.compile(r"\A(?:assistant)?analysis.*?assistantfinal(?=\S)", re.DOTALL)
_SPOKEN = re.compile(
    r"\AHere(?: is|'s|’s) my thought process:.*?Here(?: is|'s|’s) my (?:response|answer):",
    re.DOTALL,
)
_START = re.compile(
    r"\A(?:\s*(?:<s>|<bos>|<\|(?:begin_of_text|startoftext)\|>|<｜begin▁of▁sentence｜>"
    r"|<\|im_start\|>(?:assistant)?|<\|start\|>(?:assistant)?|<start_of_turn>(?:model)?"
    r"|<\|turn>(?:model)?|<\|start_header_id\|>\s*assistant\s*<\|end_header_id\|>"
    r"|<\|(?:assistant|CHATBOT_TOKEN|START_OF_TURN_TOKEN|START_RESPONSE|begin_of_box"
    r"|begin_of_solution)\|>|<｜Assistant｜>|\[/INST\]))+"
)
# What follows one of these is a turn that the model made up.
_END = re.compile(
    r"</s>|<eos>|<end_of_turn>|<start_of_turn>|<turn\|>|<\|turn>|\[/?INST\]|\[EOS\]|<<SYS>>"
    r"|<\|(?:im_end|im_start|eot_id|eom_id|end_of_text|endoftext|end|return|call|start"
    r"|start_header_id|user|system|END_OF_TURN_TOKEN|END_RESPONSE|end_of_box|end_of_solution"
    r"|end_of_turn|eos|stop)\|>"
    r"|<｜end▁of▁sentence｜>|<｜User｜>"
)
_TOKEN = re.compile(r"<\|[A-Za-z0-9_▁]{1,40}\|>|<｜[^<>｜\s]{1,40}｜>|<(?:pad|unk|bos|eos)>")
_WRAPPED = re.compile(
    r"\A<(answer|response|final|final_answer|output)>(.*)</\1>\Z", re.DOTALL | re.I
)
_QUOTES = {'"': ('""', "“”", "„“", "„”", "«»", "»«", "「」"), "'": ("''", "‘’", "‚‘", "‹›")}


def clean_text(text: str, quotes: str = "") -> str:
    """The answer in what a model wrote; empty where it only thought. `quotes`: kinds (" or ') of
    which one pair around the whole is removed."""
    text = _SPOKEN.sub("", _without_reasoning(text.strip()))
    text = _START.sub("", text.strip())
    text = next((part for part in _END.split(text) if part.strip()), "")
    text = _TOKEN.sub("", text).strip()
    if wrapped := _WRAPPED.match(text):
        text = wrapped[2].strip() or text
    return unquoted(text, quotes)


def _without_reasoning(text: str) -> str:
    if finals := list(_HARMONY_FINAL.finditer(text)):
        return text[finals[-1].end() :]
    text = _BARE_HARMONY.sub("", text)
    if re.search(r"<\|channel\|>\s*(?:analysis|commentary)", text, re.IGNORECASE):
        return ""  # thoughts alone
    kept, position, thinking = [], 0, False
    for tag in _REASONING.finditer(text):
        closes = any(tag[name] for name in ("slash", "slash2", "slash3", "end", "end2"))
        if not thinking and not closes:
            kept.append(text[position : tag.start()])
        elif not thinking:  # the opening one was left out: all before it was thought
            kept.clear()
        if closes or not thinking:
            position = tag.end()
        thinking = not closes
    return "".join(kept) + ("" if thinking else text[position:])


def unquoted(text: str, quotes: str) -> str:
    """Without one pair of quotes around the whole, where they are a pair and hold something."""
    for pair in (pair for kind in quotes for pair in _QUOTES.get(kind, ())):
        opening, closing = pair[0], pair[1]
        inner = text[1:-1]
        if text[:1] == opening and text[-1:] == closing and re.search(r"\w", inner):
            return text if _ends_within(inner, opening, closing) else inner.strip()
    return text


def _ends_within(inner: str, opening: str, closing: str) -> bool:
    """Whether the first quote is closed before the end, as in “A” and “B”."""
    for found in re.finditer(re.escape(closing), inner):
        before, after = inner[: found.start()], inner[found.end() :]
        if opening != closing:
            if before.count(opening) <= before.count(closing):
                return True
        elif not (before[-1:].isalnum() and after[:1].isalnum()):  # no apostrophe
            return bool(before.strip()) and not before[-1:].isspace()
    return False
