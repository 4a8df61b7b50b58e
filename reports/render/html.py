"""A page as one HTML file: two style elements, inline SVG, no script, no request, no style attribute."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from importlib.resources import files

from markupsafe import Markup, escape

from reports.charts.drawing import drawings, inline, key_mark, status_mark
from reports.charts.shapes import Chart, Mark
from reports.page import Block, Figure, Page, Paragraph, Section, Text
from reports.render.environment import environment, safe_href, template_text
from reports.words.catalogue import Words
from reports.words.foreign import clean
from reports.words.typography import in_markup

BUDGET = 200_000  # bytes of an overview or a theme page
BUDGET_OF_A_PACK = 1_000_000  # bytes of any other page
WHOLE = 12  # columns


def html(page: Page, *, words: Words) -> str:
    """Render a page. The same page gives the same bytes."""
    styles, fonts = stylesheet(), font_faces()
    rendered = (
        environment()
        .get_template("page.html")
        .render(
            page=page,
            words=words,
            t=words.text,
            rows=_rows(page.sections),
            rich=rich,
            kind=_kind,
            in_grid=_in_grid,
            chart=_inline,
            drawings=_drawings,
            mark=_mark,
            shape=_shape,
            href=_href,
            clean=clean,
            styles=Markup(styles),  # noqa: S704  # our own stylesheet
            fonts=Markup(fonts),  # noqa: S704  # our own fonts
            policy=policy(styles, fonts),
        )
    )
    return in_markup(clean(rendered), page.locale)


@cache
def policy(*styles: str) -> str:
    """What the page may load: nothing but its own two stylesheets and the fonts in them."""
    hashes = " ".join(f"'sha256-{_digest(one)}'" for one in styles)
    return f"default-src 'none'; style-src {hashes}; font-src data:; img-src data:; base-uri 'none'; form-action 'none'"


def rich(text: Text) -> Markup:
    """A text with its links, its strong runs and its isolated foreign runs."""
    runs: list[str] = []
    for span in text:
        run = str(escape(clean(span.text)))
        if span.foreign:
            run = f"<bdi>{run}</bdi>"
        if span.href is not None and safe_href(span.href):
            css = ' class="id"' if span.foreign and len(span.text) < 24 else ""
            run = f'<a{css} href="{escape(span.href)}">{run}</a>'
        if span.strong:
            run = f"<b>{run}</b>"
        if span.tone is not None:
            run = f'<span class="t-{escape(span.tone)}">{run}</span>'
        runs.append(run)
    return Markup("".join(runs))  # noqa: S704  # each was escaped


@cache
def stylesheet() -> str:
    """The house's, without what is there for people alone, which every page would carry: comments and white space."""
    return smaller(template_text("report.css"))


def smaller(styles: str) -> str:
    """The same rules in fewer bytes. What stands in quotes, and the spaces that mean something, stay."""
    parts = _QUOTED.split(_COMMENT.sub("", styles))
    for index in range(0, len(parts), 2):
        parts[index] = _AROUND.sub(r"\1", _BLANK.sub(" ", parts[index])).replace(": ", ":").replace(";}", "}")
    return "".join(parts).strip()


@cache
def font_faces() -> str:
    """Both faces, embedded: the same line breaks in every browser, on paper and without a network."""
    faces = (("Report Sans", "400 700", "sans"), ("Report Serif", "600", "serif"))
    return "\n".join(
        f'@font-face {{ font-family: "{family}"; font-weight: {weight}; font-display: block; '
        f'src: url(data:font/woff2;base64,{_font(name)}) format("woff2"); }}'
        for family, weight, name in faces
    )


def _font(name: str) -> str:
    data = files("reports.templates").joinpath(f"fonts/{name}.woff2").read_bytes()
    return base64.b64encode(data).decode("ascii")


_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_QUOTED = re.compile(r"""("[^"]*")""")
_BLANK = re.compile(r"\s+")
_AROUND = re.compile(r" ?([{};,>]) ?")


def _digest(style: str) -> str:
    return base64.b64encode(hashlib.sha256(style.encode()).digest()).decode("ascii")


def _rows(sections: tuple[Section, ...]) -> list[list[Section]]:
    """Sections under one rule each; halves that follow each other share one."""
    rows: list[list[Section]] = []
    for section in sections:
        if section.half is not None and rows and rows[-1][0].half is not None and len(rows[-1]) < 2:
            rows[-1].append(section)
        else:
            rows.append([section])
    return rows


def _kind(block: Block) -> str:
    return type(block).__name__.lower()


def _in_grid(block: Block) -> bool:
    """Figures stand in the grid, and words that are narrower than the page."""
    return isinstance(block, Figure) or (isinstance(block, Paragraph) and block.columns < WHOLE)


def _inline(chart: Chart) -> Markup:
    return Markup(inline(chart))  # noqa: S704  # drawn by us, its words escaped there


def _drawings(figure: Figure) -> Markup:
    if figure.chart is None:
        return Markup("")
    return Markup("\n").join(Markup(one) for one in drawings(figure.chart, columns=figure.columns))  # noqa: S704


def _mark(mark: Mark) -> Markup:
    return Markup(key_mark(mark))  # noqa: S704  # drawn by us


def _shape(status: str) -> Markup:
    return Markup(status_mark(status))  # noqa: S704  # drawn by us


def _href(href: str) -> str:
    return href if safe_href(href) else "#"
