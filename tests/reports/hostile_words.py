"""What somebody may type into a tracker to reach beyond it: more than three hundred strings, made from a few tricks."""

from __future__ import annotations

from itertools import product

EVIL = "https://evil.example.com"

_HTML = [
    f"{before}{element}"
    for before, element in product(
        ("", '">', "'>", "</bdi></span></td></table>", "--><!-- -->", "</title></style></svg>", "]]>"),
        (
            "<script>alert(1)</script>",
            f"<img src={EVIL}/p.png onerror=alert(1)>",
            "<svg onload=alert(1)><text>x</text></svg>",
            f"<iframe src={EVIL}></iframe>",
            f'<meta http-equiv="refresh" content="0;url={EVIL}">',
            f'<link rel="stylesheet" href="{EVIL}/s.css">',
            f"<style>@import '{EVIL}/s.css'; * {{ background: url({EVIL}) }}</style>",
            f'<form action="{EVIL}"><input name=q autofocus onfocus=alert(1)></form>',
            f'<base href="{EVIL}/">',
            f"<object data={EVIL}></object><embed src={EVIL}>",
            "<details open ontoggle=alert(1)><summary>x</summary></details>",
            "<math><mtext><table><mglyph><style><img src=x>",
        ),
    )
]
_ATTRIBUTES = [
    f"{quote}{space}{attribute}"
    for quote, space, attribute in product(
        ('"', "'", "`", "&quot;", "&#34;"),
        (" ", "\t", "\n", "/"),
        ("onmouseover=alert(1) x=", "style=background:url(//evil.example.com)", "href=javascript:alert(1) a="),
    )
]
_SCHEMES = ("javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\tscript:alert(1)", "\x01javascript:alert(1)",
            "data:text/html,<script>alert(1)</script>", "vbscript:msgbox(1)", "file:///etc/passwd",
            "//evil.example.com",
            "&#106;avascript:alert(1)", "blob:https://evil.example.com/1")  # fmt: skip
_MARKDOWN = [
    shape.format(address)
    for shape, address in product(
        ("[x]({})", "![x]({})", "<{}>", "](" + "{}) [x", "[x]: {}", "[x][y]\n\n[y]: {}"), (*_SCHEMES, EVIL)
    )
] + [
    "# heading", "> quote", "- list", "1. list", "```\ncode", "~~~\ncode", "    code",
    "| a | b |\n|---|---|\n| c | d |",
    "***", "---\ntitle: x\n---", "<!-- comment", "**bold", "`tick", "\\[x](y)", "a  \nb", "$$x$$", "[^1]: note", ":::x",
    f"{EVIL} www.evil.example.com evil@example.com", "&lt;b&gt;", "- [x] task", "=====\n-----", "* * *", "+ plus",
]  # fmt: skip
_FORMULAS = [
    f"{before}{formula}"
    for before, formula in product(
        ("", " ", "\t", "\r", "\n", "\x00", "\u00a0", '"', "'", "\ufeff"),
        ("=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(1+1)", f'=HYPERLINK("{EVIL}")', "＝1+1", "＠x"),
    )
]
_HEADERS = [
    f"x{end}{header}"
    for end, header in product(
        ("\r\n", "\n", "\r", "\u2028", "\x0b", "\x85", "%0d%0a"),
        ("Bcc: evil@example.com", "Subject: other", "\r\n\r\n<b>body</b>", "Content-Type: text/html"),
    )
]
_UNICODE = [
    "safe \u202etxt.exe\u202c", "\u2066x\u2069", "\u2067x", "\u200fx\u200e", "zero\u200bwidth", "\ufeffmark", "\u2060x",
    "a\u0300" * 200, "\ud800", "\udfff end", "\x00", "\x1b[31mred", "\x1b]0;owned\x07", "\x7f", "\uffff", "\ufffe",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467", "שלום עולם", "مرحبا", "\u0430dmin", "ﬁ", "\u3000", "\u00ad" * 50, "İ",
    "\U000e0001tag", "\u061cx", "\u180ex", "\ufff9x\ufffb",
]  # fmt: skip
_LONG = [
    "x" * 10_000,
    "long words " * 2_000,
    "<" * 3_000,
    "&" * 3_000,
    "]" * 3_000,
    "\n" * 3_000,
    "é" * 5_000,
    "🔥" * 3_000,
]
_TEMPLATES = [
    "{{7*7}}", "{% raw %}", "{# x #}", "${7*7}", "#{7*7}", "<%= 7*7 %>", "{0}", "{unknown!r}", "**{n:w}**", "%s%n%x",
    "{{ self.__init__.__globals__ }}", "{{ ''.__class__.__mro__ }}", "{% include '/etc/passwd' %}", "*{7*7}", "@{x}",
]  # fmt: skip
_PATHS = ["../../etc/passwd", "..\\..\\x", "/etc/passwd", "C:\\x", "CON", "a/b", ".", "..", "x\x00.html", "~root",
          "a;rm -rf",
          "$(id)", "`id`", "|id", "x.html.exe", " .html", "-rf", "%2e%2e%2f"]  # fmt: skip
_QUOTES = [
    "' \" ` \\ & < >",
    "&amp;",
    "&#x3c;script&#x3e;",
    "\\u003cscript\\u003e",
    "';--",
    '" OR 1=1',
    "]]>",
    "<![CDATA[x]]>",
]

CORPUS: tuple[str, ...] = tuple(
    dict.fromkeys(
        [*_HTML, *_ATTRIBUTES, *_SCHEMES, *_MARKDOWN, *_FORMULAS, *_HEADERS, *_UNICODE, *_LONG, *_TEMPLATES, *_PATHS,
         *_QUOTES]
    )
)  # fmt: skip
