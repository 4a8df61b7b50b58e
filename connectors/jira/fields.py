"""Which field is which on one Jira site: found by schema, never by a number or a translated name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import cached_property
from typing import NamedTuple

from connectors.base import Json, SettingsError, SourceSettings

MOST_FIELDS_ASKED = 100  # more, and bulkfetch takes 100 issues at a time instead of 1,000

SYSTEM_FIELDS = (
    "summary", "issuetype", "project", "status", "resolution", "resolutiondate", "created", "updated", "duedate",
    "labels", "components", "parent", "issuelinks", "assignee", "fixVersions", "priority",
)  # fmt: skip

# schema.custom of the fields that mean something to us, from a dump of a Cloud site (2-trackers A.4).
_GREENHOPPER = "com.pyxis.greenhopper.jira:"
_PLANS = "com.atlassian.jpo:jpo-custom-field-"
_CUSTOM = "com.atlassian.jira.plugin.system.customfieldtypes:"
_ROLE_BY_SCHEMA = {
    _GREENHOPPER + "gh-sprint": "sprint",
    _GREENHOPPER + "gh-epic-link": "epic_link",
    _GREENHOPPER + "gh-epic-label": "epic_name",
    _GREENHOPPER + "jsw-story-points": "story_points",
    _GREENHOPPER + "gh-lexo-rank": "rank",
    _PLANS + "parent": "parent_link",
    _PLANS + "baseline-start": "target_start",
    _PLANS + "baseline-end": "target_end",
    "com.atlassian.jira.plugin.system.customfieldtypes:atlassian-team": "team",
    "com.atlassian.teams:rm-teams-custom-field-team": "team",
}
_ROLE_BY_SCHEMA_AND_NAME = {
    (_CUSTOM + "multicheckboxes", "flagged"): "flagged",
    (_CUSTOM + "float", "story points"): "story_points",
    (_CUSTOM + "float", "story point estimate"): "story_points",
    (_CUSTOM + "datepicker", "target start"): "target_start",
    (_CUSTOM + "datepicker", "target end"): "target_end",
}
_LIGHT_TYPES = frozenset({"number", "option", "date", "datetime", "option-with-child"})
_LIGHT_ITEMS = frozenset({"option", "version", "component"})
_HEAVY_CUSTOM = ("textarea", "vulnerability", "devsummary", "lexo-rank", "opsbar", "servicedesk", "approvals")


class FieldDefinition(NamedTuple):
    """What the site says of one field. `names`: how people may call it, today's name first."""

    id: str
    names: tuple[str, ...]
    type: str
    items: str
    custom: str

    @property
    def role(self) -> str | None:
        """What the field means to us: sprint, epic_link, flagged, team ...; None for most."""
        if self.custom in _ROLE_BY_SCHEMA:
            return _ROLE_BY_SCHEMA[self.custom]
        for name in self.names:
            if (role := _ROLE_BY_SCHEMA_AND_NAME.get((self.custom, name.lower()))) is not None:
                return role
        return None

    @property
    def is_light(self) -> bool:
        """Small enough to be kept in every raw answer, so that a later mapping needs no download."""
        if not self.custom or any(part in self.custom for part in _HEAVY_CUSTOM):
            return False
        if self.type in _LIGHT_TYPES or self.role is not None:
            return True
        if self.type == "array":
            return self.items in _LIGHT_ITEMS or self.custom.endswith(":labels")
        return self.type == "string" and self.custom.endswith((":textfield", ":select", ":radiobuttons"))

    def as_json(self) -> Json:
        """The definition as a raw answer carries it, so that it can be read without the site."""
        return [list(self.names), self.type, self.items, self.custom]


@dataclass(frozen=True)
class SiteFields:
    """The fields of one site, or those that one raw answer carries; `roles` maps a meaning to its fields' ids.

    `estimates`: project id -> the fields in which that project's boards estimate. `former`: names that fields bore
    before, lower-cased -> id; a name that any field bears today is not among them. `ids`: what names of the settings
    stand for on the site, "" for nothing, where its fields are not at hand.
    """

    by_id: Mapping[str, FieldDefinition]
    roles: Mapping[str, Sequence[str]]
    estimates: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    former: Mapping[str, str] = field(default_factory=dict)
    ids: Mapping[str, str] = field(default_factory=dict)

    def of_project(self, project_id: str) -> SiteFields:
        """The same fields as this project uses them: its boards say in which of them it estimates."""
        own = self.estimates.get(project_id, ())
        if not own:
            return self
        if own not in self._by_estimate:
            roles = {**self.roles, "story_points": own, "estimate": own}
            self._by_estimate[own] = replace(self, roles=roles)
        return self._by_estimate[own]

    @property
    def called(self) -> dict[str, str]:
        """Today's name of each field that has one, by its id."""
        return {one.id: one.names[0] for one in self.by_id.values() if one.names}

    @cached_property
    def custom_as_json(self) -> Mapping[str, Json]:
        """The definitions of the custom fields, as raw answers carry them: the same for every issue."""
        return {field_id: one.as_json() for field_id, one in self.by_id.items() if one.custom}

    @cached_property
    def roles_as_json(self) -> Json:
        return {role: list(field_ids) for role, field_ids in self.roles.items()}

    @property
    def estimating(self) -> tuple[str, ...]:
        """Every field in which some board estimates."""
        return tuple(dict.fromkeys(field_id for own in self.estimates.values() for field_id in own))

    @cached_property
    def _by_estimate(self) -> dict[tuple[str, ...], SiteFields]:
        return {}

    def in_role(self, role: str) -> Sequence[str]:
        """The ids of the fields with this meaning, in the site's order."""
        return self.roles.get(role, ())

    def named(self, name: str) -> tuple[str, ...]:
        """The ids of the fields that people call so, without case."""
        return self._ids_by_name.get(name.strip().lower(), ())

    @cached_property
    def _ids_by_name(self) -> Mapping[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for definition in self.by_id.values():
            for name in {name.lower() for name in definition.names}:
                found[name] = (*found.get(name, ()), definition.id)
        return found

    def id_of(self, wanted: str) -> str | None:
        """Return the field that a setting means: by id first, by name if only one bears it."""
        if wanted in self.ids:
            return self.ids[wanted] or None
        if wanted in self.by_id:
            return wanted
        found = self.named(wanted)
        return found[0] if len(found) == 1 else None

    def has(self, wanted: str) -> bool:
        return wanted in self.by_id or bool(self.named(wanted))

    def missing_or_ambiguous(self, wanted: str) -> str | None:
        """Say what is wrong with a field named in the settings; None where nothing is."""
        if wanted in self.by_id:
            return None
        found = self.named(wanted)
        if len(found) == 1:
            return None
        if found:
            return f"“{wanted}” is the name of {len(found)} fields, write the id instead: {', '.join(found)}"
        names = [name for definition in self.by_id.values() for name in definition.names]
        near = get_close_matches(wanted, names, n=1)
        guess = f"; did you mean “{near[0]}”?" if near else ""
        return f"there is no field “{wanted}” that this token may see{guess}"


def site_fields(answer: Json, *, who: str) -> SiteFields:
    """Read the answer of GET /field."""
    if not isinstance(answer, list) or not answer:
        raise SettingsError(f"{who}: the tracker shows no fields at all; check what the token's owner may see")
    found = [_definition(entry) for entry in answer if isinstance(entry, Mapping) and "id" in entry]
    return SiteFields({definition.id: definition for definition in found}, _roles(found))


def _roles(definitions: Iterable[FieldDefinition]) -> dict[str, Sequence[str]]:
    roles: dict[str, list[str]] = {}
    for definition in definitions:
        if (role := definition.role) is not None:
            roles.setdefault(role, []).append(definition.id)
    return dict(roles)


def carried_fields(
    definitions: Mapping[str, Json],
    roles: Mapping[str, Sequence[str]],
    named: Mapping[str, str],
    *,
    today: Mapping[str, FieldDefinition],
) -> SiteFields:
    """Read back what a raw answer carries: the definitions of the fields it fills, and which field means what.

    A meaning that nobody knew when it was kept is found in the definitions. `named`: what the settings' names stand
    for; the names that fields bore then say nothing of it. `today`: what the site says of fields by now, also of one
    that is empty, whose past is read all the same.
    """
    known = {
        field_id: FieldDefinition(field_id, tuple(names), kind, items, custom)
        for field_id, (names, kind, items, custom) in definitions.items()
    }
    known |= {field_id: today[field_id] for field_id in named.values() if field_id in today}
    return SiteFields(_SYSTEM_DEFINITIONS | known, _roles(known.values()) | dict(roles), ids=named)


def fields_to_ask(fields: SiteFields, settings: SourceSettings) -> tuple[str, ...]:
    """The explicit list of fields to fetch, at most 100: what we need, what the settings name, other light ones.

    Raises SettingsError that names every field of the settings which cannot be found.
    """
    needed = (name for name in settings.named_fields if name not in lacking(fields, settings))
    problems = [problem for name in needed if (problem := fields.missing_or_ambiguous(name)) is not None]
    if problems:
        raise SettingsError(f"{settings.name}: check the fields of this source: {'; '.join(problems)}")
    named = named_fields(fields, settings)
    meaningful = [each.id for each in fields.by_id.values() if each.role is not None]
    light = [each.id for each in fields.by_id.values() if each.is_light]
    return tuple(dict.fromkeys([*SYSTEM_FIELDS, *named, *meaningful, *light]))[:MOST_FIELDS_ASKED]


def lacking(fields: SiteFields, settings: SourceSettings) -> list[str]:
    """Fields that rules for every source name, and that this site does not have: there those rules match nothing."""
    return [name for name in settings.named_fields if name in settings.shared_fields and not fields.has(name)]


def named_fields(fields: SiteFields, settings: SourceSettings) -> tuple[str, ...]:
    """The ids of the fields that the settings name, and of those in which boards estimate."""
    named = (field_id for name in settings.named_fields if (field_id := fields.id_of(name)) is not None)
    return tuple(dict.fromkeys([*named, *fields.estimating]))


# Fields that every Jira has, under whatever name.
_SYSTEM_DEFINITIONS = {
    field_id: FieldDefinition(field_id, (), kind, items, "")
    for field_id, kind, items in (
        ("summary", "string", ""),
        ("issuetype", "issuetype", ""),
        ("project", "project", ""),
        ("status", "status", ""),
        ("resolution", "resolution", ""),
        ("resolutiondate", "datetime", ""),
        ("created", "datetime", ""),
        ("updated", "datetime", ""),
        ("duedate", "date", ""),
        ("parent", "issuelink", ""),
        ("issuelinks", "array", "issuelinks"),
        ("labels", "array", "string"),
        ("components", "array", "component"),
        ("fixVersions", "array", "version"),
        ("versions", "array", "version"),
        ("priority", "priority", ""),
        ("assignee", "user", ""),
        ("reporter", "user", ""),
        ("creator", "user", ""),
        ("security", "securitylevel", ""),
        ("timeoriginalestimate", "number", ""),
        ("timeestimate", "number", ""),
        ("timespent", "number", ""),
    )
}


def _definition(entry: Mapping[str, Json]) -> FieldDefinition:
    schema = entry.get("schema") or {}
    names = (entry.get("name"), entry.get("untranslatedName"), *_plain(entry.get("clauseNames") or ()))
    return FieldDefinition(
        str(entry["id"]),
        tuple(dict.fromkeys(name for name in names if isinstance(name, str))),
        str(schema.get("type") or ""),
        str(schema.get("items") or ""),
        str(schema.get("custom") or ""),
    )


def _plain(clause_names: Iterable[str]) -> Iterable[str]:
    """Without the disambiguated ones: Story Points[Number], cf[10028]."""
    return (name for name in clause_names if "[" not in name)
