"""Hold what a file says against the shape of the settings, and say what does not fit: where, why, and the mend."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from config.mistakes import Mistake, did_you_mean
from config.settings import Document
from config.values import said
from config.yaml_text import Marked, Path, dotted

# Stand in for required blocks that cannot be read, so that the other blocks can still be looked at.
_ANY_PORTFOLIO = {"name": "-", "timezone": "UTC", "currency": "EUR"}
_ANY_SOURCE = {"any": {"kind": "jira", "url": "https://example.atlassian.net", "token": "env:TOKEN"}}
_KINDS = ("jira", "azure_devops")
_SECRET_LOOKING = ("password", "token", "secret", "api_token", "pat", "key")


def fit(marked: Marked, *, file: str) -> tuple[Document | None, list[Mistake]]:
    """Return the settings, and every place that does not fit.

    With mistakes, what is returned holds only the good parts: enough to look for further mistakes, not to work with.
    """
    data, mistakes = _with_known_kinds(marked, file)
    mistakes += _unknown_and_empty(data, marked, file) if marked.empty else []
    try:
        document = Document.model_validate(data)
    except ValidationError as error:
        errors = error.errors(include_url=False, include_input=True)
        mistakes += [_mistake(details, marked, file) for details in errors if not _is_misspelt(details, errors)]
        return _salvaged(data, errors), mistakes
    return document, mistakes


def _with_known_kinds(marked: Marked, file: str) -> tuple[dict[str, Any], list[Mistake]]:
    """Guess the kind of a source that says none we know, so that the rest of it is looked at all the same."""
    data: dict[str, Any] = deepcopy(marked.data)
    sources, mistakes = data.get("sources"), []
    for name, source in sources.items() if isinstance(sources, dict) else ():
        if not isinstance(source, dict) or source.get("kind") in _KINDS:
            continue
        path, kind = ("sources", name, "kind"), source.get("kind")
        guess = "azure_devops" if isinstance(source.get("scope"), dict) or "azure" in str(kind) else "jira"
        near = did_you_mean(str(kind), _KINDS)
        message = (
            "missing; jira or azure_devops"
            if kind is None
            else f"expected jira or azure_devops, found {said(kind)}{near}"
        )
        mistakes.append(Mistake(file, marked.line(path), dotted(path), message))
        source["kind"] = guess
    return data, mistakes


def _unknown_and_empty(data: Mapping[str, Any], marked: Marked, file: str) -> list[Mistake]:
    """Tell what nobody knows although nothing stands behind it: `{name: Wait, median}` was meant as one name."""
    filled = deepcopy(dict(data))
    for path in marked.empty:
        _fill(filled, path)
    try:
        Document.model_validate(filled)
    except ValidationError as error:
        seen = Marked(data=filled, lines=marked.lines)
        strangers = [each for each in error.errors(include_url=False) if each["type"] == "extra_forbidden"]
        return [_mistake(each, seen, file) for each in strangers if seen.place(each["loc"]) in marked.empty]
    return []


def _fill(data: Any, path: Path) -> None:
    for part in path[:-1]:
        data = data[part]
    data[path[-1]] = ""


def _is_misspelt(details: ErrorDetails, errors: Sequence[ErrorDetails]) -> bool:
    """Is a missing setting there after all, under a name that is nearly right? Then one mistake is enough."""
    if details["type"] != "missing":
        return False
    *block, name = details["loc"]
    strangers = [other["loc"] for other in errors if other["type"] == "extra_forbidden"]
    return any(list(loc[:-1]) == block and did_you_mean(str(loc[-1]), [str(name)]) for loc in strangers)


def _salvaged(data: Mapping[str, Any], errors: Sequence[ErrorDetails]) -> Document | None:
    """Take out what does not fit until the rest does."""
    rest: dict[str, Any] = deepcopy(dict(data))
    for _ in range(12):  # blocks nest less deep than that, and each round takes out a whole level
        for place in sorted({_culprit(rest, details) for details in errors}, key=len, reverse=True):
            _cut(rest, place)
        rest.setdefault("portfolio", _ANY_PORTFOLIO)
        rest.setdefault("sources", _ANY_SOURCE)
        try:
            return Document.model_validate(rest)
        except ValidationError as error:
            errors = error.errors(include_url=False, include_input=False)
    return None


def _culprit(data: Any, details: ErrorDetails) -> Path:
    """The value to take out: the one that is wrong, or the block in which something is missing."""
    return _found(data, details["loc"])


def _cut(data: Any, place: Path) -> None:
    """Remove a value. Lists keep their length no longer, so deeper and later places are cut first."""
    if not place:
        data.clear()
        return
    for part in place[:-1]:
        data = data[part] if _holds(data, part) else None
    if isinstance(data, dict):
        data.pop(place[-1], None)


def _found(data: Any, loc: Sequence[str | int]) -> Path:
    """The part of a pydantic location that exists in the file.

    It ends at a list: with one of its entries the whole list is taken out, so that the others keep their places.
    """
    place: list[str | int] = []
    for part in loc:
        if isinstance(data, tuple):
            break
        if _holds(data, part):
            place.append(part)
            data = data[part]
    return tuple(place)


def _holds(data: Any, part: str | int) -> bool:
    if isinstance(data, tuple):
        return isinstance(part, int) and part < len(data)
    return isinstance(data, dict) and part in data


def _mistake(details: ErrorDetails, marked: Marked, file: str) -> Mistake:
    missing = details["type"] == "missing"
    place = marked.place(details["loc"], keep_last=missing)
    return Mistake(file, marked.line(place), dotted(place), _words(details, marked))


def _words(details: ErrorDetails, marked: Marked) -> str:
    """Say an error as its reader would: what was expected, what was found, what was probably meant."""
    value, context = details.get("input"), details.get("ctx", {})
    found = "text" if isinstance(value, str) else said(value)  # the text may be a secret in the wrong place
    match details["type"]:
        case "missing":
            words = _missing(details["loc"], marked)
        case "extra_forbidden":
            words = _unknown(details["loc"])
        case "literal_error":
            words = _not_one_of(str(context.get("expected", "")), value)
        case "value_error":
            words = str(context["error"])
        case "model_type" | "dict_type" | "model_attributes_type":
            words = f"expected a block of settings, found {found}"
        case "tuple_type":
            words = f"expected a list, found {found}"
        case "too_short":
            words = "expected at least one"
        case _:
            words = details["msg"]
    return words


def _missing(loc: Sequence[str | int], marked: Marked) -> str:
    meaning = _meaning(loc)
    is_there = marked.place(loc, keep_last=True) in marked.lines
    return f"{'left empty' if is_there else 'missing'}{f': {meaning}' if meaning else ''}"


def _not_one_of(expected: str, value: object) -> str:
    known = _literals(expected)
    return f"expected {_one_of(known)}, found {said(value)}{did_you_mean(str(value), known)}"


def _unknown(loc: Sequence[str | int]) -> str:
    word = str(loc[-1])
    model = _model_at(loc[:-1])
    names = list(_names(model)) if model is not None else []
    near = did_you_mean(word, names)
    if not near and word.lower() in _SECRET_LOOKING:
        return "unknown setting; secrets are never written here, and references to them only where one is asked for"
    return f"unknown setting{near}" if near else f"unknown setting; known here: {', '.join(names)}"


def _meaning(loc: Sequence[str | int]) -> str:
    """The first sentence of a setting's description."""
    model = _model_at(loc[:-1])
    for name, field in model.model_fields.items() if model is not None else ():
        if (field.alias or name) == loc[-1]:
            return (field.description or "").rstrip(".")
    return ""


def _names(model: type[BaseModel]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        yield field.alias or name


def _model_at(loc: Sequence[str | int]) -> type[BaseModel] | None:
    """The model that a location speaks of, by walking the annotations from the top."""
    kind: Any = Document
    for part in loc:
        kind = _step(kind, part)
    return next((each for each in _alternatives(kind) if _is_model(each)), None)


def _step(kind: Any, part: str | int) -> Any:
    """The type of what `part` names inside a value of type `kind`; `kind` itself where `part` is a union's tag."""
    for each in _alternatives(kind):
        if _is_model(each):
            for name, field in each.model_fields.items():
                if (field.alias or name) == part:
                    return field.annotation
            if "kind" in each.model_fields and part in get_args(each.model_fields["kind"].annotation):
                return each
        elif get_origin(each) is dict:
            return get_args(each)[1]
        elif get_origin(each) is tuple:
            return get_args(each)[0]
    return None


def _alternatives(kind: Any) -> list[Any]:
    if get_origin(kind) is Annotated:
        return _alternatives(get_args(kind)[0])
    if get_origin(kind) in (Union, types.UnionType):
        return [each for option in get_args(kind) for each in _alternatives(option)]
    return [kind]


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _literals(expected: str) -> list[str]:
    """The words of pydantic's `'a', 'b' or 'c'`."""
    return [word.strip("' ") for word in expected.replace(" or ", ", ").split(",") if word.strip("' ")]


def _one_of(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
