"""`vmo discover`: look into the sources, and draft settings that work, with the evidence for each guess."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import chain, count
from pathlib import Path

from cli import clock, logs
from cli.outcome import CommandError, ExitCode, no_known_shape
from cli.workspace import load_settings, source_settings
from config import meaning, yaml_text
from config.blocks import BlockText, blocks_of, written
from config.load import Settings
from config.yaml_text import Plain
from connectors import discover
from connectors.base import IMPOSSIBLE_SHAPES, Discovery, Guess, TrackerError
from sync.unread import refusals

SURE_ENOUGH = 0.5  # below it, a guess is drafted as a comment


def run_discover(config: Path, *, only: str | None, out: Path | None, verbose: bool) -> ExitCode:
    """Print or write a whole vmo.yaml, drafted from what the sources show. No store is touched."""
    logs.set_up(verbose=verbose, as_json=False)
    settings = load_settings(config)
    names = tuple(settings.document.sources) if only is None else (only,)
    found, problems = [], []
    for name in names:
        try:
            found.append(
                discover(
                    source_settings(settings, name),
                    now=clock.now,
                    monotonic=clock.monotonic,
                    sleep=clock.Sleeper(),
                    random=clock.jitter,
                )
            )
        except TrackerError as error:
            problems.append(str(error))
        except IMPOSSIBLE_SHAPES as error:
            problems.append(f"{name}: {no_known_shape(error)}")
    if not found:
        raise CommandError("\n".join(problems))
    text = draft(settings, found)
    if out is None:
        print(text, end="")
    else:
        _write_new(out, text)
        for one in found:
            print(f"{one.source}: {_summary(one)}")
        print(f"wrote {out}; read its comments, then use it with `vmo --config {out} check`")
        print(f"once synced, `vmo --config {out} report kickoff` tells what is true today: the baseline to start from")
    unread = [f"{one.source}: {words}" for one in found for words in refusals(one.unread)]
    for problem in [*problems, *(unread if out is not None else ())]:  # a draft that is printed says so itself
        print(problem)
    return ExitCode.PARTLY if problems or unread else ExitCode.DONE


def draft(settings: Settings, found: Sequence[Discovery]) -> str:
    """A vmo.yaml as text: each source with its guesses, the surest first, and all else as the settings at hand say it.

    Where they name no reports, one is drafted, for without any nothing is ever published by schedule.
    """
    content = settings.files[settings.path.name]
    told = yaml_text.read(content, file=settings.path.name)[0].data
    text = _draft(settings, found, told, *blocks_of(content.decode("utf-8-sig")))
    again = yaml_text.read(text.encode(), file=settings.path.name)
    kept = [name for name in told if name != "sources"]
    if not again[1] and all(again[0].data.get(name) == told[name] for name in kept):
        return text
    # Braces around the whole, or an anchor in what is drafted anew: then it is told in words of our own.
    anew = [BlockText(name=name, above=("",), lines=tuple(written(name, value))) for name, value in told.items()]
    return _draft(settings, found, told, anew, ())


def _draft(
    settings: Settings,
    found: Sequence[Discovery],
    told: Mapping[str, Plain],
    blocks: Sequence[BlockText],
    below: Sequence[str],
) -> str:
    lines = [
        "# Drafted by `vmo discover` from what the trackers show. Each line of a source says how sure it is, and why;",
        "# the other blocks are as they were. Add themes, value streams and KPIs next: docs/configuration.md.",
    ]
    for block in blocks:
        lines += block.above
        if block.name != "sources":
            lines += block.lines
            continue
        lines += ["sources:", *_all_source_lines(settings, found, told.get("sources")), ""]
        streams = _value_stream_lines(found)
        if "value_streams" in told and streams:
            streams = ["# The trackers show these value streams; yours stand below.", *_as_comments(streams)]
        lines += streams
    lines += below
    if "reports" not in told:
        locale = settings.document.portfolio.locales[0]
        report = f'  weekly: {{packs: [digest, overview], locale: {locale}, when: "Mon 07:00"}}'
        lines += ["", "reports:  # what is published when; with `to` it is mailed, too", report]
    if "store" not in told:
        lines += ["", f"store: {_quoted(settings.document.store.url)}"]
    return "\n".join([*lines, ""])


def _all_source_lines(settings: Settings, found: Sequence[Discovery], told: Plain) -> list[str]:
    """Each source in its order. One that was not looked at, or did not answer, stays as it is."""
    seen = {one.source: one for one in found}
    set_by_hand = told if isinstance(told, dict) else {}
    lines = []
    for source in meaning.sources(settings):
        as_set = set_by_hand.get(source.name)
        if source.name not in seen:
            lines += ["  # not looked at: as it was", *written(source.name, as_set, indent=2)]
            continue
        drafted = _source_lines(source, seen[source.name])
        named = {match[1] for line in drafted if (match := re.match(r"    (\w+):", line))}
        rest = {name: value for name, value in as_set.items() if name not in named} if isinstance(as_set, dict) else {}
        lines += [*drafted, *(line for name, value in rest.items() for line in written(name, value, indent=4))]
    return lines


def _as_comments(lines: Sequence[str]) -> list[str]:
    return [line if line.startswith("#") else f"# {line}" for line in lines]


def _value_stream_lines(found: Sequence[Discovery]) -> list[str]:
    """`value_streams:`, one for each part that is sure enough; the other ways to part the work as comments."""
    lines, names = [], set[str]()
    for one in found:
        for guess in (guess for guess in one.guesses if guess.what == "value_streams"):
            matcher, _, value = guess.value.partition(": ")
            match = f"{{source: {one.source}, {matcher}: {_quoted(value)}}}"
            if guess.confidence < SURE_ENOUGH:
                lines.append(f"  # perhaps {match}{_because(guess)}")
                continue
            name = _setting_name(value, taken=names)
            shown = _quoted(value.rpartition("\\")[2])
            lines += [f"  {name}:{_because(guess)}", f"    name: {shown}", f"    match: {match}"]
    head = "value_streams:" if names else "# value_streams:"
    return [head, *lines] if lines else []


def _setting_name(value: str, *, taken: set[str]) -> str:
    """A name that settings may use: motor of Claims\\Motor, with a number where it is taken. Adds it to `taken`."""
    plain = unicodedata.normalize("NFKD", value.rpartition("\\")[2]).encode("ascii", "ignore").decode().lower()
    base = re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "stream"
    numbered = (f"{base}-{number}" for number in count(2))
    name = next(one for one in chain([base], numbered) if one not in taken)
    taken.add(name)
    return name


def _credential_lines(source: meaning.Source) -> list[str]:
    """References as the settings have them; the secrets behind them stay where they are."""
    if source.oauth is None:
        return [f"    token: {source.token}"]
    told = source.oauth
    named = {
        "tenant": told.tenant and _quoted(told.tenant),
        "client_id": _quoted(told.client_id),
        "client_secret": told.client_secret,
        "refresh_token": told.refresh_token,
        "keep": told.keep and _quoted(told.keep),
        "token_url": told.token_url and _quoted(told.token_url),
    }
    return ["    oauth:", *(f"      {name}: {value}" for name, value in named.items() if value)]


def _source_lines(source: meaning.Source, found: Discovery) -> list[str]:
    lines = [
        f"  {source.name}:  # {_one_line(found.product)}; {_summary(found)}",
        *(f"    # {_one_line(words)}" for words in refusals(found.unread)),
        f"    kind: {source.kind}",
        f"    url: {_quoted(source.url)}",
        *([f"    user: {_quoted(source.user)}"] if source.user else []),
        *_credential_lines(source),
        *_scope_lines(source),
        *(["    allow_insecure: true"] if source.allow_insecure else []),
        *(["    allow_private: true"] if source.allow_private else []),
    ]
    blocks: dict[str, list[Guess]] = defaultdict(list)
    for guess in found.guesses:
        blocks[guess.what.partition(".")[0]].append(guess)
    for block in ("levels", "states", "resolutions"):
        lines += _list_lines(block, blocks.pop(block, []))
        if block == "levels":
            lines += _levelless_lines(found)
    lines += _kind_lines(blocks.pop("kinds", []))
    lines += _field_lines(blocks.pop("fields", []))
    blocks.pop("value_streams", None)  # they stand beside the sources
    for rest in blocks.values():
        lines += [f"    # {guess.what}: {_quoted(guess.value)}{_because(guess)}" for guess in rest]
    return lines


def _scope_lines(source: meaning.Source) -> list[str]:
    if source.kind == "jira":
        return [f"    scope: {_quoted(source.jql)}"] if source.jql else []
    parts = []
    if source.projects:
        parts.append(f"projects: [{', '.join(_quoted(one) for one in source.projects)}]")
    if source.area:
        parts.append(f"area: {_quoted(source.area)}")
    return [f"    scope: {{{', '.join(parts)}}}"] if parts else []


def _list_lines(block: str, guesses: Sequence[Guess]) -> list[str]:
    """`levels:` and its like: a name, and below it one line for each value."""
    by_name: dict[str, list[Guess]] = defaultdict(list)
    for guess in guesses:
        by_name[guess.what.partition(".")[2]].append(guess)
    lines: list[str] = []
    for name, values in by_name.items():
        sure = [guess for guess in values if guess.confidence >= SURE_ENOUGH]
        unsure = [guess for guess in values if guess.confidence < SURE_ENOUGH]
        if sure:
            lines.append(f"      {name}:")
            lines += [f"        - {_quoted(guess.value)}{_because(guess)}" for guess in sure]
        lines += [f"      # {name}: perhaps {_quoted(guess.value)}{_because(guess)}" for guess in unsure]
    is_block = any(not line.lstrip().startswith("#") for line in lines)
    return [f"    {'' if is_block else '# '}{block}:", *lines] if lines else []


def _levelless_lines(found: Discovery) -> list[str]:
    """The types that no level holds, sub-tasks above all: they count nowhere until somebody gives them one."""
    placed = {guess.value for guess in found.guesses if guess.what.startswith("levels.")}
    left = [_quoted(_one_line(one.name)) for one in found.types if one.name not in placed]
    return [f"    # at no level, so they count nowhere: {', '.join(left)}"] if left else []


def _kind_lines(guesses: Sequence[Guess]) -> list[str]:
    """The first rule that matches says the kind: what is sure becomes a rule, and every other item a feature."""
    sure = sorted((one for one in guesses if one.confidence >= SURE_ENOUGH), key=lambda one: -one.confidence)
    lines = ["    kinds:"]
    for guess in sure:
        matcher, _, value = guess.value.partition(": ")
        when = f"{matcher}: {_quoted(value)}" if value else f"type: {_quoted(guess.value)}"
        lines.append(f"      - {{when: {{{when}}}, kind: {guess.what.partition('.')[2]}}}{_because(guess)}")
    lines.append("      - {kind: feature}")
    return lines


def _field_lines(guesses: Sequence[Guess]) -> list[str]:
    """One field for each name; the surest, and others as comments."""
    seen: set[str] = set()
    lines = []
    for guess in guesses:
        name = guess.what.partition(".")[2]
        comment = "" if guess.confidence >= SURE_ENOUGH and name not in seen else "# or "
        if not comment:
            seen.add(name)
        lines.append(f"      {comment}{name}: {_field(guess)}{_because(guess)}")
    return [f"    {'' if seen else '# '}fields:", *lines] if lines else []


def _field(guess: Guess) -> str:
    field = _quoted(guess.value)
    return field if guess.scale == 1 else f"{{field: {field}, scale: {guess.scale}}}"


def _because(guess: Guess) -> str:
    return f"  # {guess.confidence:.0%}: {_one_line(guess.evidence)}"


def _summary(found: Discovery) -> str:
    items = "" if found.items is None else f"about {found.items:,} items, "
    statuses = {status.name for status in found.statuses}  # each once, though several types and projects have it
    return f"{items}{len(found.scopes)} projects, {len(found.types)} types, {len(statuses)} statuses"


def _quoted(text: str) -> str:
    """A YAML scalar that reads back as exactly this text."""
    return json.dumps(text, ensure_ascii=False)


def _one_line(text: str) -> str:
    """Text of a tracker inside a comment: it cannot end the comment."""
    return "".join(char if char.isprintable() else " " for char in text)


def _write_new(out: Path, text: str) -> None:
    try:
        with out.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        raise CommandError(f"{out} exists already; name another file with --out", code=ExitCode.WRONG_USAGE) from None
    except OSError as error:
        raise CommandError(f"{out} cannot be written: {error.strerror}") from error
