"""A page of Markdown in Confluence's storage format: the elements below and no other, no macro, no picture.

The page is built as a tree and written as XML, so that words are words whatever stands in them; an element whose name
comes from the text does not exist.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from xml.etree import ElementTree as Xml  # written only; nothing is parsed here

from markdown_it import MarkdownIt
from markdown_it.token import Token

from reports.words.foreign import clean

ELEMENTS = frozenset({
    "a", "blockquote", "br", "code", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "strong",
    "table", "tbody", "td", "th", "thead", "tr", "ul",
})  # fmt: skip
_ALIGNED = re.compile(r"text-align:(left|right)")
_UNREADABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, 2.2


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """What the wiki's page says besides the report: where and of when the edition is, and who keeps the page.

    `address` is the permanent address of the page, empty where no server shows it; `mark` names edition and digest.
    """

    summary: str
    label: str
    address: str
    kept: str
    mark: str


def storage(text: str, sheet: Sheet) -> str:
    """The body of a page: a line that leads to the permanent edition, the report, and what it was made from."""
    root = Xml.Element("root")
    first = Xml.SubElement(root, "p")
    first.text = _said(f"{sheet.summary} ")
    if sheet.address:
        link = Xml.SubElement(first, "a", {"href": sheet.address})
        link.text = _said(sheet.label)
    _Writer(root, led=lambda href: _whole(href, sheet.address)).write(_reader().parse(_without_front_matter(text)))
    last = Xml.SubElement(Xml.SubElement(root, "p"), "em")
    last.text = _said(f"{sheet.kept} ")
    Xml.SubElement(last, "code").text = _said(sheet.mark)
    return "".join(Xml.tostring(one, encoding="unicode") for one in root)


class _Writer:
    """Puts tokens into a tree; what it does not know becomes plain words."""

    def __init__(self, root: Xml.Element, *, led: Callable[[str], str]) -> None:
        self._open: list[Xml.Element | None] = [root]  # None: an element that is left out, its words stay
        self._led = led

    def write(self, tokens: Sequence[Token]) -> None:
        for token in tokens:
            if token.children is not None and token.type == "inline":
                self.write(token.children)
            elif token.nesting == 1:
                self._open.append(self._begun(token))
            elif token.nesting == -1:
                self._open.pop()
            elif token.type in ("softbreak", "hardbreak"):
                self._say(" ") if token.type == "softbreak" else self._within("br")
            elif token.type in ("code_inline", "fence", "code_block"):
                self._within("code" if token.type == "code_inline" else "pre").text = _said(token.content)
            elif token.type == "hr":
                self._within("hr")
            else:
                self._say(token.content)

    def _begun(self, token: Token) -> Xml.Element | None:
        if token.hidden or token.tag not in ELEMENTS:
            return None
        if token.tag == "a":
            href = self._led(str(token.attrGet("href") or ""))
            return self._within("a", href=href) if href else None
        style = str(token.attrGet("style") or "")
        if token.tag in ("td", "th") and _ALIGNED.fullmatch(style):
            return self._within(token.tag, style=f"{style};")
        return self._within(token.tag)

    def _within(self, tag: str, **attributes: str) -> Xml.Element:
        return Xml.SubElement(self._parent(), tag, attributes)

    def _parent(self) -> Xml.Element:
        return next(one for one in reversed(self._open) if one is not None)

    def _say(self, words: str) -> None:
        parent = self._parent()
        if len(parent):
            parent[-1].tail = (parent[-1].tail or "") + _said(words)
        else:
            parent.text = (parent.text or "") + _said(words)


@cache
def _reader() -> MarkdownIt:
    """CommonMark with tables, without whatever could bring elements or addresses of its own."""
    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    return reader.disable(["html_block", "html_inline", "image", "autolink", "reference", "lheading"])


def _without_front_matter(text: str) -> str:
    return text.split("\n---\n", 1)[-1] if text.startswith("---\n") else text


def _whole(href: str, address: str) -> str:
    """A whole address; a link to another page of the edition leads beside the permanent one. Empty: it is left out."""
    if href.startswith(("https://", "http://")):
        return href
    if not address or re.fullmatch(r"(\.\./[a-z0-9-]+/)?[a-z0-9][a-z0-9._/-]*(#[A-Za-z0-9_.-]+)?", href) is None:
        return ""
    folder = address.rpartition("/")[0]
    while href.startswith("../"):
        href, folder = href.removeprefix("../"), folder.rpartition("/")[0]
    return f"{folder}/{href}"


def _said(words: str) -> str:
    return _UNREADABLE.sub("", clean(words))
