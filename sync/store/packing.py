"""Raw answers as the store keeps them: JSON, compressed against words that trackers' answers are full of.

A history entry has some two hundred bytes, most of them names of fields. A window that knows these names beforehand
leaves forty of them, in less time than it takes to set up an empty window (zlib: "preset dictionary", RFC 1950, 2.2).
"""

from __future__ import annotations

import json
import zlib
from decimal import Decimal
from typing import Any

import orjson

from connectors.base import Json

SMALL = 4_096  # bytes; what a window of 12 bits sees whole
_SMALL_WINDOW_BITS = 12
_SMALL_MEMORY_LEVEL = 5
_SMALL_EFFORT = 3  # with the words at hand, more of it costs a third more time and saves a thirtieth of the room
_DECIMAL = "\x00decimal"  # marks a decimal number in a kept raw answer
_JSON_AND_NOTHING_ELSE = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME

# Never change these words: what was packed with them is read with them. Others go into a dictionary of their own, which
# a packed answer names by its checksum. What is met most often stands last.
_WORDS = (
    b'"priority":{"id":"3","name":"Medium"},"resolution":{"id":"1","name":"Done"},"resolutiondate":"","duedate":"202'
    b'","components":[],"fixVersions":[],"issuelinks":[],"customfield_1010,"epic_name":["customfield_10011"],"team":['
    b'"definitions":{"customfield_10014":[["Epic Link"],"any","","com.pyxis.greenhopper.jira:gh-epic-link"],"customfi'
    b'eld_10020":[["Sprint"],"array","json","com.pyxis.greenhopper.jira:gh-sprint"],[["Story point estimate"],"number'
    b'","","com.pyxis.greenhopper.jira:jsw-story-points"],"number","","com.atlassian.jira.plugin.system.customfieldty'
    b'pes:float"]},"roles":{"epic_link":["customfield_10014"],"story_points":["customfield_10016"],"parent_link":["cu'
    b'stomfield_10018"],"sprint":["customfield_10020"],"flagged":["customfield_10021"],"target_start":["customfield_1'
    b'0022"],"target_end":["customfield_10023"]},"parent_id":"1","base_url":"https://{"issue":{"id":"1","key":"","fie'
    b'lds":{"summary":"","issuetype":{"id":"1","name":"Story","subtask":false,"hierarchyLevel":0},"status":{"name":"I'
    b'n Progress","id":"3","statusCategory":{"id":4,"key":"indeterminate","name":"In Progress"}},"project":{"id":"10"'
    b',"key":"","name":"","projectTypeKey":"software"},"labels":[],"assignee":{"accountId":"","displayName":"","active'
    b'":true},{"revision":{"id":1,"rev":1,"fields":{"System.Id":1,"System.TeamProject":"","System.WorkItemType":"User '
    b'Story","System.State":"Active","System.Reason":"Moved to state Active","System.Title":"","System.CreatedDate":"20'
    b'2","System.CommentCount":0,"System.BoardColumn":"","System.BoardColumnDone":false,"Microsoft.VSTS.Common.StateCh'
    b'angeDate":"202","Microsoft.VSTS.Common.Priority":2,"Microsoft.VSTS.Common.ValueArea":"Business","System.AreaPath'
    b'":"","System.AreaId":,"System.NodeName":"","System.IterationPath":"\\\\Sprint ","System.IterationId":,"System.Ass'
    b'ignedTo":{"displayName":"","url":"https://","id":"","uniqueName":"","imageUrl":"https:///_apis/GraphProfile/Member'
    b'Avatars/","descriptor":"aad."},"System.Tags":"","System.Rev":,"System.ChangedDate":"202","System.AuthorizedDate":'
    b'"202","Microsoft.VSTS.Common.ActivatedDate":"202","Microsoft.VSTS.Common.ClosedDate":"202","System.RevisedDate":"'
    b'9999-01-01T00:00:00Z"}},"read_at":"+00:00","is_whole":true,"in_scope":true,"project_id":"","categories":{"/New":"'
    b'Proposed","InProgress","Completed"},"names":{},"links":[["202T00:00:00.000+0000","items":[{"field":"resolution","'
    b'fieldtype":"custom","from":null,"fromString":"","to":null,"toString":"","fieldId":"customfield_1'
    b'00","field":"assignee","fieldtype":"jira","from":null,"fromString":null,"to":"","toString":"","fieldId":"assignee'
    b'"}]}{"id":"1","created":1700000000000,"items":[{"field":"status","fieldtype":"jira","from":"1","fromString":"To D'
    b'o","to":"3","toString":"In Progress","fieldId":"status"}]}'
)
_DICTIONARIES = {zlib.adler32(words): words for words in (_WORDS,)}
_prepared = zlib.compressobj(level=_SMALL_EFFORT, wbits=_SMALL_WINDOW_BITS, memLevel=_SMALL_MEMORY_LEVEL, zdict=_WORDS)


def pack(body: Json) -> bytes:
    """A raw answer, compressed. Decimals stay decimals, and every character that JSON can say is kept."""
    return compressed(_json_bytes(body))


def unpack(packed: bytes) -> Json:
    """What `pack` was given, Decimals and all."""
    told = decompressed(packed).decode()
    if "\\u0000decimal" in told:
        return json.loads(told, object_hook=_unmark_decimal)
    return json.loads(told)


def compressed(told: bytes) -> bytes:
    if len(told) > SMALL:
        return zlib.compress(told)
    small = _prepared.copy()
    return small.compress(told) + small.flush()


def decompressed(packed: bytes) -> bytes:
    """What `compressed` was given, in this version or in an earlier one. Raises zlib.error for anything else."""
    if len(packed) < 6 or not packed[1] & 0x20:  # RFC 1950: FDICT, then the checksum of the dictionary
        return zlib.decompress(packed)
    words = _DICTIONARIES.get(int.from_bytes(packed[2:6], "big"))
    if words is None:
        raise zlib.error("it was packed with words that this version does not know")
    reader = zlib.decompressobj(zdict=words)
    told = reader.decompress(packed) + reader.flush()
    if not reader.eof:
        raise zlib.error("it is cut short")
    return told


def _json_bytes(body: Json) -> bytes:
    """JSON in UTF-8; in ASCII with escapes where it holds what orjson does not write: lone surrogates, huge numbers."""
    try:
        return orjson.dumps(body, default=_mark_decimal, option=_JSON_AND_NOTHING_ELSE)
    except orjson.JSONEncodeError:
        return json.dumps(body, separators=(",", ":"), default=_mark_decimal).encode("ascii")


def _mark_decimal(value: object) -> Json:
    if isinstance(value, Decimal):
        return {_DECIMAL: str(value)}
    raise TypeError(f"a raw answer holds a {type(value).__name__}, which is not JSON")


def _unmark_decimal(value: dict[str, Any]) -> Any:
    return Decimal(value[_DECIMAL]) if _DECIMAL in value else value
