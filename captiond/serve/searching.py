"""`POST /v1/transcripts/search`: the body, checked and bounded, and the answer. Needs a key (`access.require_key`).

Source: contract, section 4; issue 6, 5.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

import orjson
from aiohttp import web
from pydantic import Field

from captiond.base.instants import iso_utc
from captiond.db.query import MAX_QUERY_CHARS
from captiond.db.search import LIVE, MAX_HITS, MAX_OFFSET
from captiond.serve.bodies import Body, Id, Tag, validate
from captiond.serve.control import NO_STORE, body_of
from captiond.serve.jobs import KINDS
from captiond.serve.problems import Problem
from captiond.serve.wiring import WIRING

DEFAULT_HITS: Final = 20
GENESYS_HITS: Final = 10  # workflows.md, section 3, 7
SEARCHED_KINDS: Final = (LIVE, *KINDS)
LOCAL_ONLY: Final = ("offset", "session", "job", "conversation", "kind", "channel", "language", "order")


class SearchBody(Body):
    """What to look for: words, `"phrases"`, `-without`, `begin*`. `source` genesys takes query, limit, from and to."""

    query: Annotated[str, Field(min_length=1, max_length=MAX_QUERY_CHARS)]
    limit: Annotated[int, Field(ge=1, le=MAX_HITS)] | None = None
    since: Annotated[str | None, Field(alias="from", max_length=40, description="ISO 8601; said from then on")] = None
    until: Annotated[str | None, Field(alias="to", max_length=40, description="ISO 8601; said before then")] = None
    source: Literal["local", "genesys"] = "local"
    offset: Annotated[int, Field(ge=0, le=MAX_OFFSET)] = 0
    session: Id | None = None
    job: Id | None = None
    conversation: Id | None = None
    kind: Literal[SEARCHED_KINDS] | None = None  # type: ignore[valid-type]  # made of the table of kinds
    channel: Annotated[str, Field(max_length=128)] | None = None
    language: Tag | None = None
    order: Literal["relevance", "newest"] = "relevance"


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """A checked search. `since` and `until` are ISO 8601 in UTC; `wanted` holds the filters that are given."""

    query: str = field(repr=False)
    limit: int
    source: str
    offset: int
    since: str | None
    until: str | None
    order: Literal["relevance", "newest"]
    wanted: Mapping[str, str] = field(repr=False)


def parse_search(raw: bytes) -> SearchRequest:
    """The body of a search.

    Raises:
        Problem: 422 `invalid_request`; it names keys, never values.
    """
    try:
        found = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise Problem(422, "invalid_request", "The body is not JSON.") from None
    if not isinstance(found, dict):
        raise Problem(422, "invalid_request", "The body is not a JSON object.")
    body = validate(SearchBody, found)
    if body.source == "genesys" and (given := [name for name in LOCAL_ONLY if name in found]):
        raise Problem(422, "invalid_request", f"With source genesys there is no {', '.join(given)}.")
    since, until = _instant("from", body.since), _instant("to", body.until)
    if since is not None and until is not None and since >= until:
        raise Problem(422, "invalid_request", "from must be before to.")
    filters = {name: getattr(body, name) for name in ("session", "job", "conversation", "kind", "channel", "language")}
    return SearchRequest(
        query=body.query,
        limit=body.limit or (GENESYS_HITS if body.source == "genesys" else DEFAULT_HITS),
        source=body.source,
        offset=body.offset,
        since=since,
        until=until,
        order=body.order,
        wanted={name: value for name, value in filters.items() if value is not None},
    )


def _instant(key: str, stamp: str | None) -> str | None:
    """A time as ISO 8601 in UTC; one without a zone is UTC, a day is its beginning."""
    if stamp is None:
        return None
    try:
        instant = datetime.fromisoformat(stamp)
        return iso_utc((instant if instant.tzinfo is not None else instant.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError):
        raise Problem(422, "invalid_request", f"{key} must be a time in ISO 8601.") from None


async def search(request: web.Request) -> web.StreamResponse:
    """`POST /v1/transcripts/search`."""
    wiring = request.app[WIRING]
    asked = parse_search(await body_of(request))
    if wiring.search is None:
        raise Problem(503, "database_unavailable", "There is nothing to search in.")
    answer: Mapping[str, Any] = await wiring.search(asked)
    return web.Response(body=orjson.dumps(answer), content_type="application/json", headers=NO_STORE)
