"""Raw answers as the store keeps them: JSON, compressed against words that trackers' answers are full of.

A history entry has some two hundred bytes, most of them names of fields. A compressor that knows these names beforehand
leaves seventy of them, in a third of the time that it takes without (Zstandard, RFC 8878, "raw content dictionary").
"""

from __future__ import annotations

import json
import threading
import zlib
from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import islice
from typing import Any

import orjson
import zstandard

from connectors.base import Json

EFFORT = 3
AT_ONCE = 500  # answers
_DECIMAL = "\x00decimal"  # marks a decimal number in a kept raw answer
_JSON_AND_NOTHING_ELSE = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME

# Never change these words: what was packed with them is read with them. Others go beside them, under another mark, with
# which everything begins that was packed with them. What is met most often stands last.
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
_MARK = b"\x01"
_DICTIONARY = zstandard.ZstdCompressionDict(_WORDS, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
_DICTIONARY.precompute_compress(level=EFFORT)


_mine = threading.local()


class UnpackableError(ValueError):
    """What stands there is not what was packed: it was cut or changed, or another version packed it."""


def pack(body: Json) -> bytes:
    """A raw answer, compressed. Decimals stay decimals, and every character that JSON can say is kept."""
    return pack_all([body])[0]


def pack_all(bodies: Iterable[Json]) -> list[bytes]:
    """Many at once, so that other threads go on meanwhile."""
    left = iter(bodies)
    packed: list[bytes] = []
    while some := list(islice(left, AT_ONCE)):
        packed += compressed(_many_json_bytes(some))
    return packed


def compressed(told: Sequence[bytes]) -> list[bytes]:
    """Texts in JSON, made small; not none at all."""
    compressor = zstandard.ZstdCompressor(level=EFFORT, dict_data=_DICTIONARY, write_checksum=True)
    packed = compressor.multi_compress_to_buffer([*told])
    return [_MARK + packed[place] for place in range(len(packed))]  # type: ignore[operator]  # each is a buffer


def unpack(packed: bytes) -> Json:
    """What `pack` was given, Decimals and all. Raises UnpackableError."""
    told = decompressed(packed).decode()
    if "\\u0000decimal" in told:
        return json.loads(told, object_hook=_unmark_decimal)
    return json.loads(told)


def decompressed(packed: bytes) -> bytes:
    """The JSON that was packed, by this version or an earlier one, which used zlib. Raises UnpackableError."""
    try:
        if packed[:1] != _MARK:
            return zlib.decompress(packed)
        return _decompressor().decompress(packed[1:])
    except (zlib.error, zstandard.ZstdError, MemoryError):  # a changed byte may claim any size
        raise UnpackableError("a kept answer cannot be unpacked") from None


def _decompressor() -> zstandard.ZstdDecompressor:
    """Each thread's own: it may not be shared, and to make one takes longer than to use it."""
    found: zstandard.ZstdDecompressor | None = getattr(_mine, "decompressor", None)
    if found is None:
        found = _mine.decompressor = zstandard.ZstdDecompressor(dict_data=_DICTIONARY)
    return found


def _many_json_bytes(bodies: Sequence[Json]) -> list[bytes]:
    """As each is told alone; where one is odd, one after the other."""
    try:
        return [orjson.dumps(body, _mark_decimal, _JSON_AND_NOTHING_ELSE) for body in bodies]
    except orjson.JSONEncodeError:
        return [_json_bytes(body) for body in bodies]


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
