"""A page as a mail: HTML and text of the same content, and at most one picture, which may be blocked."""

from __future__ import annotations

import hashlib
import json
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from html import escape
from importlib.resources import as_file, files
from urllib.parse import urljoin
from zoneinfo import ZoneInfo

import css_inline
import resvg_py
from markupsafe import Markup

from reports.charts.drawing import draw
from reports.page import Changes, Exhibit, Facts, Figure, Page, Section, Status, Table, Text
from reports.render.environment import environment, safe_href, template_text
from reports.render.html import rich
from reports.render.leads import led
from reports.words.catalogue import Words
from reports.words.foreign import clean, one_line
from reports.words.typography import in_markup, in_words

BUDGET = 90 * 1024  # bytes of the HTML part: Gmail cuts near 102 KB and takes the foot with it
PICTURE_BUDGET = 40 * 1024
PICTURE_WIDTH = 488
ATTACHED_BUDGET = 1024 * 1024  # bytes of all attached pages together
LONGEST_SUBJECT = 75
_LINE = "margin:0;padding:0 24px 28px 24px;font-family:Segoe UI,Arial,sans-serif;font-size:14px;line-height:20px;"
_BANNER = re.compile(r'<tr><td class="first pad"[^>]*><p class="warnbox .*?</p></td></tr>\n?', re.DOTALL)
_BESIDE = re.compile(rb'(?P<before><a\b[^>]*?) href="(?P<file>[^":#]+)(#[^"]*)?"')  # a link to a page beside
_BAR = 168  # px of a full progress bar
_MARKS = {Status.GOOD: "●", Status.WARN: "▲", Status.BAD: "■", Status.NONE: "○"}


@dataclass(frozen=True, kw_only=True)
class Mail:
    """What is sent to everyone who reads one language. `picture` is a PNG; None: there is none."""

    report: str
    portfolio_id: str
    edition: str
    revision: int
    locale: str
    subject: str
    html: str
    text: str
    attached: str  # the line that is said where pages are attached
    picture: bytes | None

    def to_json(self) -> str:
        """The mail as a file of its edition, so that it can be sent as it was published."""
        fields = dict(self.__dict__, picture=b64encode(self.picture).decode() if self.picture else None)
        return json.dumps(fields, ensure_ascii=False, indent=1, sort_keys=True) + "\n"

    def with_line(self, line: str) -> Mail:
        """The same mail with one more line under everything else."""
        told = in_words(line, self.locale)
        return replace(self, text=f"{self.text}\n{told}\n", html=_with_line(self.html, told))

    def as_correction(self) -> Mail:
        """The same, for one who has the former revision and is to know it for what it is."""
        mark = Words(locale=self.locale, year=0, zone=ZoneInfo("UTC")).text("mail.subject.correction")
        return replace(self, subject=in_words(mark, self.locale) + self.subject)

    def as_first(self) -> Mail:
        """The same, for readers who had no former revision: that it corrects one is no news to them."""
        words = Words(locale=self.locale, year=0, zone=ZoneInfo("UTC"))
        lead = in_words(words.say("correction", revision="", published="", link="")[0].text, self.locale)
        said, _, rest = self.text.partition("\n\n")
        banner = _BANNER.search(self.html)
        if not said.startswith(lead) or banner is None or lead not in banner.group():
            return self
        return replace(self, text=rest, html=self.html.replace(banner.group(), "", 1))

    @classmethod
    def from_json(cls, text: str) -> Mail:
        """Read a mail back. Raises ValueError or TypeError for anything that `to_json` did not write."""
        fields = json.loads(text)
        picture = fields.pop("picture")
        return cls(picture=b64decode(picture) if picture else None, **fields)


@dataclass(frozen=True, kw_only=True)
class Sender:
    """From whom mails come. Addresses are parsed: one each, or ValueError."""

    address: str
    name: str = ""
    reply_to: str | None = None
    list_id: str = "vmo"
    unsubscribe: str | None = None  # mailto: or https: address

    def header(self) -> Address:
        return Address(display_name=one_line(self.name, 80), addr_spec=self.address)


def mail(page: Page, *, words: Words, base_url: str | None = None) -> Mail:
    """Render the digest. The same page gives the same bytes.

    Links to other pages are whole addresses where the editions are served at `base_url`, and else plain words: what
    leads beside a page leads nowhere from a mail. Decisions that it does not show are then counted alone.
    """
    place = None if base_url is None else f"{base_url.rstrip('/')}/r/{page.root}/"
    folder = page.edition.lower() if page.revision == 1 else f"{page.edition.lower()}-r{page.revision}"
    if place is None:
        page = replace(page, decisions_more=page.decisions_counted)
    home = None if place is None else f"{place}{folder}/{page.file_name('html')}"
    page = led(page, lambda href: _address(href, home))
    picture = _picture(page)
    return Mail(
        report=page.report,
        portfolio_id=page.portfolio_id,
        edition=page.edition,
        revision=page.revision,
        locale=page.locale,
        subject=_subject(in_words(page.subject, page.locale)),
        html=_html(page, words, has_picture=picture is not None),
        text=in_words(clean(_text(page, words, place=place)), page.locale),
        attached=in_words(words.text("mail.attached"), page.locale),
        picture=picture,
    )


def message(
    mail: Mail,
    *,
    sender: Sender,
    recipient: str,
    sent_at: str,
    report: str | None = None,
    attachments: Sequence[tuple[str, bytes]] = (),
) -> EmailMessage:
    """The message for one recipient. `sent_at` is an RFC 5322 date. Raises ValueError for a bad address.

    `report` is the report it is sent for, by default that of the mail. `attachments` are pages, name and HTML each,
    for readers without a server to open them on; the mail says in a line that they are there.
    The Message-ID is derived from report, edition, language and recipient: sent twice, it is known to be the same.
    """
    found = EmailMessage(policy=SMTP)
    to = single_address(recipient)
    domain = sender.header().domain
    found["From"] = sender.header()
    found["To"] = to
    if sender.reply_to:
        found["Reply-To"] = single_address(sender.reply_to)
    found["Subject"] = mail.subject
    found["Date"] = sent_at
    found["Message-ID"] = message_id(mail, recipient=to.addr_spec, domain=domain, report=report)
    found["List-Id"] = f"<{_token(mail.portfolio_id)}.{_token(sender.list_id)}.{domain}>"
    if sender.unsubscribe:
        found["List-Unsubscribe"] = f"<{sender.unsubscribe}>"
        if sender.unsubscribe.startswith("https:"):
            found["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    found["Auto-Submitted"] = "auto-generated"
    found["Content-Language"] = mail.locale
    found.set_content(f"{mail.text}\n{mail.attached}\n" if attachments else mail.text, cte="quoted-printable")
    page = _with_line(mail.html, mail.attached) if attachments else mail.html
    found.add_alternative(page, subtype="html", cte="quoted-printable")
    if mail.picture is not None:
        body = found.get_body(("html",))
        assert isinstance(body, EmailMessage)
        body.add_related(
            mail.picture, "image", "png", cid=f"<{picture_id(mail.edition)}>", filename="outcome.png",
            disposition="inline",
        )  # fmt: skip
    for name, data in attachments:
        found.add_attachment(data, "text", "html", cte="base64", filename=name, params={"charset": "utf-8"})
    _fix_boundaries(found, hashlib.sha256(found["Message-ID"].encode()).hexdigest())
    return found


def attachable(pages: Sequence[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    """Which pages, name and HTML each, go with a mail: all of them, or the overview alone where all are too heavy.

    They lead to each other and to trackers; what leads to a page that stays behind is plain words.
    """
    found = [*pages]
    if sum(len(data) for _, data in pages) > ATTACHED_BUDGET:
        found = [(name, data) for name, data in pages if name.startswith("overview.") and len(data) <= ATTACHED_BUDGET]
    there = {name.encode() for name, _ in found}
    return [
        (name, _BESIDE.sub(lambda link: link[0] if link["file"] in there else link["before"], data))
        for name, data in found
    ]


def single_address(text: str) -> Address:
    """One mail address, with a name or without. Raises ValueError for none, several, or one with line breaks."""
    if any(ord(character) < 32 or ord(character) == 127 for character in text):
        raise ValueError("a mail address has no control characters")
    probe = EmailMessage(policy=SMTP)
    try:
        probe["To"] = text
    except (IndexError, AttributeError) as error:  # what the standard parser raises on some nonsense
        raise ValueError(f"not a mail address: {text!r}") from error
    addresses = probe["To"].addresses
    if len(addresses) != 1 or probe["To"].defects or not addresses[0].domain or not addresses[0].username:
        raise ValueError(f"expected exactly one mail address, found {text!r}")
    address: Address = addresses[0]
    if not address.addr_spec.isascii():
        raise ValueError(f"{text!r}: only ASCII addresses can be sent to by every server")
    return address


def message_id(mail: Mail, *, recipient: str, domain: str, report: str | None = None) -> str:
    """The same for the same report, edition, language and recipient, and for nothing else."""
    revision = str(mail.revision)
    named = (report or mail.report, mail.portfolio_id, mail.edition, revision, mail.locale, recipient.lower())
    told = "\n".join(named)
    return f"<{hashlib.sha256(told.encode()).hexdigest()[:40]}@{domain}>"


def picture_id(edition: str) -> str:
    return f"outcome-{_token(edition)}@vmo"


def _with_line(page: str, line: str) -> str:
    """The HTML with one more line under everything else."""
    head, end, foot = page.rpartition("</main>")
    return f'{head}<p align="center" style="{_LINE}">{escape(line)}</p>{end}{foot}'


def _html(page: Page, words: Words, *, has_picture: bool) -> str:
    rendered = (
        environment()
        .get_template("mail.html")
        .render(
            page=page,
            t=words.text,
            say=words.say,
            rich=rich,
            clean=clean,
            href=lambda href: href if safe_href(href) and "://" in href else None,
            table=_theme_table(page.sections),
            changes=_first(page.sections, Changes),
            trust=_section(page.sections, "trust"),
            facts=_first(page.sections, Facts),
            changes_section=_section(page.sections, "changes"),
            alt=_alt(page.picture) if page.picture is not None else "",
            bar=_bar,
            mark=lambda status: _MARKS[status],
            picture=picture_id(page.edition) if has_picture else None,
            small=Markup(template_text("mail-small.css")),  # noqa: S704  # our own stylesheet
            filler=Markup("&#8199;&#65279;&#847; ") * 30,  # keeps the body out of the preview line
        )
    )
    inlined: str = css_inline.inline(
        in_markup(clean(rendered), page.locale),
        extra_css=template_text("mail.css"),
        keep_style_tags=True,
        load_remote_stylesheets=False,
    )
    return inlined


def _address(href: str, home: str | None) -> str | None:
    """A link as a whole address, as it leads from `home`; without a home, none to other pages."""
    if not safe_href(href) or "://" in href:
        return href
    return None if home is None else urljoin(home, href)


def _theme_table(sections: tuple[Section, ...]) -> Table | None:
    value = _section(sections, "value")
    exhibit = next((block for block in value.blocks if isinstance(block, Exhibit)), None) if value else None
    return exhibit.table if exhibit else None


def _section(sections: tuple[Section, ...], name: str) -> Section | None:
    return next((section for section in sections if section.id == name), None)


def _first(sections: tuple[Section, ...], kind: type[Changes] | type[Facts]) -> Changes | Facts | None:
    return next((block for section in sections for block in section.blocks if isinstance(block, kind)), None)


def _bar(actual: float, expected: float | None) -> list[tuple[int, str]]:
    """A progress bar as cells of whole pixels, so that it stands with images off: (width, class)."""
    done = round(min(max(actual, 0.0), 1.0) * _BAR)
    if expected is None:
        cells = [(done, "ac"), (_BAR - done, "tk")]
    else:
        tick = min(max(round(expected * _BAR), 0), _BAR - 3)
        if done <= tick:
            cells = [(done, "ac"), (tick - done, "tk"), (3, "mk"), (_BAR - tick - 3, "tk")]
        elif done >= tick + 3:
            cells = [(tick, "ac"), (1, "pg"), (2, "mk"), (done - tick - 3, "ac"), (_BAR - done, "tk")]
        else:
            cells = [(tick, "ac"), (3, "mk"), (_BAR - tick - 3, "tk")]
    return [(width, css) for width, css in cells if width > 0]


def _picture(page: Page) -> bytes | None:
    """The one picture as a PNG at twice its size, on white; None when it would be too heavy."""
    if page.picture is None or page.picture.chart is None:
        return None
    markup = draw(page.picture.chart, width=PICTURE_WIDTH).markup()
    styled = markup.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
    folder = files("reports.templates").joinpath("fonts")
    with as_file(folder.joinpath("regular.ttf")) as regular, as_file(folder.joinpath("semibold.ttf")) as semibold:
        data = bytes(
            resvg_py.svg_to_bytes(
                svg_string=styled,
                background="#ffffff",
                zoom=2,
                skip_system_fonts=True,
                font_files=[str(regular), str(semibold)],
                font_family="Report Sans",
                sans_serif_family="Report Sans",
                style_sheet=template_text("picture.css"),
            )
        )
    return data if len(data) <= PICTURE_BUDGET else None


def _text(page: Page, words: Words, *, place: str | None) -> str:
    """The same content as plain text, wrapped by whoever reads it.

    A link to the pages stands behind its words, and of what is to be decided that to the tracker, too.
    """

    def _line(text: Text, *, with_all: bool = False) -> str:
        return _spoken(text, leads=lambda href: with_all or (place is not None and href.startswith(place)))

    lines: list[str] = []
    for banner in page.banners:
        lines += [_line(banner.text), ""]
    lines += [_line(page.headline), "", _line(page.standfirst), ""]
    if page.archive is not None:
        lines += [page.archive.href, ""]
    lines.append(page.decisions_title.upper())
    for index, question in enumerate(page.decisions, start=1):
        asked, where = (_line(one, with_all=True) for one in (question.text, question.meta))
        lines += [f"{index}. {asked}", f"   {where}"]
    if page.decisions_more:
        lines.append(_line(page.decisions_more))
    lines.append("")
    if page.figures:
        lines.append(words.text("mail.figures" if len(page.figures) == 5 else "mail.figures.n").upper())
        for one in page.figures:
            value = words.text("mail.now", name=one.title, value=f"{one.value} {one.unit}".strip())
            lines.append(f"- {clean(value)} ({clean(one.versus)}). {_line(one.trend)}")
        lines.append("")
    if (table := _theme_table(page.sections)) is not None:
        lines.append(words.text("mail.themes").upper())
        for row in table.rows:
            name, status, outcome = row.cells[0], row.cells[1], row.cells[2]
            said = words.text("mail.now", name=_line(name.text), value=_line(status.text))
            label, note = getattr(outcome.chart, "label", ""), _line(outcome.note)
            how = f". {label}. {note}" if outcome.chart is not None else f"; {_line(outcome.text)}, {note}"
            lines.append(f"- {said}{how}.")
        lines.append("")
    if page.picture is not None:
        lines += [f"{_line(page.picture.title)}. {_alt(page.picture)}", ""]
    changes, section = _first(page.sections, Changes), _section(page.sections, "changes")
    if isinstance(changes, Changes) and section is not None:
        lines.append(words.text("mail.changes").upper())
        said_of = (words.text("mail.now", name=one.label, value=_line(one.text)) for one in changes.entries)
        lines += [f"- {said}" for said in said_of]
        lines += [_line(changes.more), ""]
    if (trust := _section(page.sections, "trust")) is not None:
        lines += [f"{words.text('mail.trust')} {_line(trust.headline)}.", ""]
    lines += [_line(page.freshness), words.text("mail.edition", edition=page.edition, revision=str(page.revision))]
    lines.append(words.text("mail.why", portfolio=page.brand))
    if page.sample:
        lines += ["", _line(page.sample)]
    return "\n".join(lines) + "\n"


def _alt(picture: Figure) -> str:
    """What the picture shows, in words; the table that follows it on a page does not follow it here."""
    return f"{clean(picture.alt.rpartition('. ')[0])}."


def _spoken(text: Text, *, leads: Callable[[str], bool]) -> str:
    """A text on one line; behind a link that is to be told, its address, once."""
    told: list[str] = []
    parts: list[str] = []
    for span in text:
        parts.append(clean(span.text))
        is_whole = span.href is not None and "://" in span.href and safe_href(span.href)
        if span.href is not None and is_whole and span.href not in told and leads(span.href):
            told.append(span.href)
            parts.append(f" ({span.href})")
    return " ".join("".join(parts).split())


def _subject(text: str) -> str:
    line = " ".join(clean(text).split())
    return line if len(line) <= LONGEST_SUBJECT else line[: LONGEST_SUBJECT - 1].rstrip() + "…"


def _token(text: str) -> str:
    """Only what may stand in an identifier."""
    return "".join(character if character.isascii() and character.isalnum() else "-" for character in text).strip("-")


def _fix_boundaries(found: EmailMessage, digest: str) -> None:
    """Boundaries that depend on the message alone: the same mail is the same bytes."""
    for index, part in enumerate(found.walk()):
        if part.is_multipart():
            part.set_boundary(f"=_{digest[:24]}_{index}")
