"""Small valid items for the tests of this folder."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from domain.strategy import Matcher, Theme, ThemeRule
from domain.work_item import ItemId, StatusCategory, WorkItem

DAY = datetime(2026, 3, 2, tzinfo=UTC)


def an_item(key: str, **more: Any) -> WorkItem:
    """An item whose external id is its key; `parent` names another's key."""
    parent = more.pop("parent", None)
    said: dict[str, Any] = {
        "source": "claims",
        "external_id": key,
        "url": f"https://jira.example.com/browse/{key}",
        "title": key,
        "project": key.split("-", maxsplit=1)[0],
        "project_id": "10000",
        "type": "Story",
        "status": "To Do",
        "status_id": "1",
        "status_category": StatusCategory.NEW,
        "created_at": DAY,
        "updated_at": DAY,
        "parent_id": parent,
    }
    return WorkItem(key=key, **{**said, **more})


def an_id(key: str, source: str = "claims") -> ItemId:
    return ItemId(source, key)


def a_theme(id: str, *rules: Matcher | tuple[Matcher, str], **more: Any) -> Theme:
    """A theme whose rules are matchers, or pairs of a matcher and a share."""
    return Theme(
        id=id,
        name=id,
        rules=tuple(
            ThemeRule(matcher=rule) if isinstance(rule, Matcher) else ThemeRule(matcher=rule[0], share=Decimal(rule[1]))
            for rule in rules
        ),
        **more,
    )


def label(text: str) -> Matcher:
    return Matcher(label=text)
