# ruff: noqa: E501 - a table of paths
"""Cut the official specifications down to the calls that a sandbox answers, with every schema these refer to.

    python tests/payloads/specs/extract.py FOLDER_OF_WHOLE_SPECIFICATIONS

Examples and prose are left out. Four things are corrected, in the Azure DevOps files only, because the files contradict
themselves: a list is `{count, value}`, as their own examples and all traffic show, where the schema says a bare array; and
a project or team whose parameter says `x-ms-required: false` may be missing from the path; a schema that is a bare
`{type: object}` stands for any value (their examples have numbers and text there); and a streamed batch carries work items
or links, where the schema says text. Where the whole files come from: SOURCES.md.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

Json = Any
_P = "/{organization}/{project}/_apis"
_T = "/{organization}/{project}/{team}/_apis"

KEEP: dict[str, dict[str, tuple[str, ...]]] = {
    "jira-platform": {
        "/rest/api/3/myself": ("get",),
        "/rest/api/3/serverInfo": ("get",),
        "/rest/api/3/field": ("get",),
        "/rest/api/3/status": ("get",),
        "/rest/api/3/statuses/search": ("get",),
        "/rest/api/3/issuetype": ("get",),
        "/rest/api/3/priority": ("get",),
        "/rest/api/3/resolution": ("get",),
        "/rest/api/3/project/search": ("get",),
        "/rest/api/3/project/{projectIdOrKey}": ("get",),
        "/rest/api/3/project/{projectIdOrKey}/statuses": ("get",),
        "/rest/api/3/project/{projectIdOrKey}/versions": ("get",),
        "/rest/api/3/search/jql": ("get", "post"),
        "/rest/api/3/search/approximate-count": ("post",),
        "/rest/api/3/issue/bulkfetch": ("post",),
        "/rest/api/3/changelog/bulkfetch": ("post",),
        "/rest/api/3/issue/{issueIdOrKey}": ("get",),
        "/rest/api/3/issue/{issueIdOrKey}/changelog": ("get",),
        "/rest/api/3/jql/parse": ("post",),
    },
    "jira-software": {
        "/rest/agile/1.0/board": ("get",),
        "/rest/agile/1.0/board/{boardId}": ("get",),
        "/rest/agile/1.0/board/{boardId}/configuration": ("get",),
        "/rest/agile/1.0/board/{boardId}/sprint": ("get",),
    },
    "ado-wit-7.1": {
        f"{_P}/wit/classificationnodes": ("get",),
        f"{_P}/wit/classificationnodes/{{structureGroup}}/{{path}}": ("get",),
        f"{_P}/wit/fields": ("get",),
        f"{_P}/wit/recyclebin": ("get",),
        f"{_P}/wit/reporting/workitemlinks": ("get",),
        f"{_P}/wit/reporting/workitemrevisions": ("get", "post"),
        f"{_P}/wit/workitems": ("get",),
        f"{_P}/wit/workitems/{{id}}": ("get",),
        f"{_P}/wit/workItems/{{id}}/revisions": ("get",),
        f"{_P}/wit/workItems/{{id}}/updates": ("get",),
        f"{_P}/wit/workitemsbatch": ("post",),
        f"{_P}/wit/workitemtypecategories": ("get",),
        f"{_P}/wit/workitemtypes": ("get",),
        f"{_P}/wit/workitemtypes/{{type}}/states": ("get",),
        f"{_T}/wit/wiql": ("post",),
        "/{organization}/_apis/wit/workitemrelationtypes": ("get",),
    },
    "ado-work-7.1": {
        f"{_P}/work/processconfiguration": ("get",),
        f"{_P}/work/iterations/{{iterationId}}/iterationcapacities": ("get",),
        f"{_T}/work/backlogconfiguration": ("get",),
        f"{_T}/work/backlogs": ("get",),
        f"{_T}/work/boards": ("get",),
        f"{_T}/work/boards/{{board}}/columns": ("get",),
        f"{_T}/work/teamsettings": ("get",),
        f"{_T}/work/teamsettings/iterations": ("get",),
        f"{_T}/work/teamsettings/iterations/{{iterationId}}/capacities": ("get",),
        f"{_T}/work/teamsettings/iterations/{{iterationId}}/teamdaysoff": ("get",),
        f"{_T}/work/teamsettings/teamfieldvalues": ("get",),
    },
    "ado-core-7.1": {
        "/{organization}/_apis/projects": ("get",),
        "/{organization}/_apis/projects/{projectId}": ("get",),
        "/{organization}/_apis/projects/{projectId}/teams": ("get",),
        "/{organization}/_apis/teams": ("get",),
        "/{organization}/_apis/process/processes": ("get",),
    },
}
PROSE = frozenset({"description", "summary", "example", "examples", "externalDocs", "tags"})


def extract(whole: Json, keep: dict[str, tuple[str, ...]]) -> Json:
    """The same specification with only these paths and methods, and what they refer to."""
    paths = {
        path: {name: part for name, part in whole["paths"][path].items() if name in methods or name == "parameters"}
        for path, methods in keep.items()
    }
    kept = {name: whole[name] for name in ("openapi", "swagger", "host", "basePath", "schemes", "consumes", "produces", "servers") if name in whole}  # fmt: skip
    kept |= {"info": {"title": whole["info"]["title"], "version": whole["info"]["version"]}}
    if "swagger" in whole:
        paths = _with_shorter_paths(paths)
    kept["paths"] = _bare(paths)
    if "swagger" in whole:
        _wrap_lists(kept["paths"])
        whole = {**whole, "definitions": _with_batches(whole["definitions"])}
    waiting, seen = _references(kept["paths"]), set[str]()
    while waiting:
        reference = waiting.pop()
        if reference in seen:
            continue
        seen.add(reference)
        *folders, name = reference.removeprefix("#/").split("/")
        source: Json = whole
        target: Json = kept
        for folder in folders:
            source, target = source[folder], target.setdefault(folder, {})
        target[name] = _bare(source[name])
        if "swagger" in whole:
            target[name] = _with_any(target[name])
        waiting |= _references(target[name])
    return kept


def _with_shorter_paths(paths: Json) -> Json:
    """Every path again without the names that the service can do without."""
    told = dict(paths)
    for path, methods in paths.items():
        shorter, without = path, []
        for name in ("team", "project"):
            if all(_may_be_missing(operation, name) for operation in methods.values()):
                without.append(name)
                shorter = shorter.replace(f"/{{{name}}}", "")
                told[shorter] = {method: _without(operation, without) for method, operation in methods.items()}
    return told


def _with_batches(definitions: Json) -> Json:
    """The two streamed batches with what they really carry."""
    if "StreamedBatch" not in definitions:
        return definitions
    batch = {**definitions["StreamedBatch"], "properties": dict(definitions["StreamedBatch"]["properties"])}
    batch["properties"]["values"] = {"type": "array"}
    told = {**definitions, "StreamedBatch": batch}
    for name, carried in (
        ("ReportingWorkItemRevisionsBatch", "WorkItem"),
        ("ReportingWorkItemLinksBatch", "WorkItemRelation"),
    ):
        values = {"type": "array", "items": {"$ref": f"#/definitions/{carried}"}}
        told[name] = {"allOf": [*definitions[name]["allOf"], {"type": "object", "properties": {"values": values}}]}
    return told


def _may_be_missing(operation: Json, name: str) -> bool:
    return any(one.get("name") == name and one.get("x-ms-required") is False for one in operation["parameters"])


def _without(operation: Json, names: list[str]) -> Json:
    shorter = [one for one in operation["parameters"] if one.get("name") not in names]
    return {
        **operation,
        "parameters": shorter,
        "operationId": f"{operation['operationId']} without {' and '.join(names)}",
    }


def _with_any(value: Json) -> Json:
    """A bare `{type: object}` as what it stands for: any value."""
    if isinstance(value, list):
        return [_with_any(part) for part in value]
    if not isinstance(value, dict):
        return value
    return {} if value == {"type": "object"} else {name: _with_any(part) for name, part in value.items()}


def _wrap_lists(paths: Json) -> None:
    for methods in paths.values():
        for operation in methods.values():
            response = operation["responses"].get("200", {})
            if response.get("schema", {}).get("type") == "array":
                members = {"count": {"type": "integer"}, "value": response["schema"]}
                response["schema"] = {"type": "object", "required": ["count", "value"], "properties": members}


def _bare(value: Json, *, inside_map: bool = False) -> Json:
    """Without prose, vendor extensions and security; names inside `properties` are never mistaken for prose."""
    if isinstance(value, list):
        return [_bare(part) for part in value]
    if not isinstance(value, dict):
        return value
    bare = {}
    for name, part in value.items():
        if not inside_map and (name in PROSE or name.startswith("x-") or name == "security"):
            continue
        bare[name] = _bare(part, inside_map=name == "properties" and not inside_map)
    if not inside_map and "responses" in bare:
        for response in bare["responses"].values():
            response.setdefault("description", "")
    return bare


def _references(value: Json) -> set[str]:
    if isinstance(value, list):
        return {found for part in value for found in _references(part)}
    if not isinstance(value, dict):
        return set()
    found = {one for part in value.values() for one in _references(part)}
    return found | ({value["$ref"]} if isinstance(value.get("$ref"), str) else set())


def main(folder: Path) -> None:
    for name, keep in KEEP.items():
        whole = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        small = json.dumps(extract(whole, keep), ensure_ascii=False, separators=(",", ":"), sort_keys=True)
        (Path(__file__).parent / f"{name}.json").write_text(small + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
