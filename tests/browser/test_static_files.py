"""Scripts and styles as they are collected mean what their sources mean."""

from __future__ import annotations

import re
from pathlib import Path

import tree_sitter_javascript
from playwright.sync_api import Browser, Page
from tree_sitter import Language, Node, Parser

from panic.storage import minify
from tests.stack import ROOT

RULES = """(text) => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(text);
  return [...sheet.cssRules].map((rule) => rule.cssText);
}"""


def _sources(kind: str) -> dict[Path, str]:
    return {path: path.read_text() for path in sorted((ROOT / "static").rglob(f"*.{kind}"))}


def _rules(page: Page, text: str) -> list[str]:
    """The rules as the browser writes them; it leaves the space of a value with variables as it is."""
    rules: list[str] = page.evaluate(RULES, text)
    return [re.sub(r"\s+", " ", rule) for rule in rules]


def _words(node: Node) -> list[bytes]:
    """The program without comments, space and the semicolons that may be left out."""
    if node.type == "comment":
        return []
    whole = not node.children or node.type in ("string", "template_string", "regex")
    if whole:
        return [node.text] if node.text not in (b"", b";", None) else []
    return [word for child in node.children for word in _words(child)]


def test_a_browser_reads_the_same_rules_in_a_collected_style_sheet(browser: Browser) -> None:
    page = browser.new_page()

    for path, text in _sources("css").items():
        rules = _rules(page, text)
        assert _rules(page, minify(path.name, text)) == rules, path.name
        assert rules, path.name


def test_a_collected_script_has_the_words_of_its_source() -> None:
    parser = Parser(Language(tree_sitter_javascript.language()))

    for path, text in _sources("js").items():
        source, collected = (
            parser.parse(one.encode()).root_node for one in (text, minify(path.name, text))
        )
        assert not collected.has_error, path.name
        assert _words(collected) == _words(source), path.name
        assert _words(source), path.name
