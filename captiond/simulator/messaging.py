"""Web-messaging conversations: the query that finds them, and their messages; in the documents' form, and as Genesys
Cloud has them, where a conversation lists its messages and batches hold their texts.

Source: workflows.md, section 4; reference/genesys.md, section 5.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

import orjson
from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from captiond.base.instants import iso_utc
from captiond.simulator.desk import Desk
from captiond.simulator.faults import On
from captiond.simulator.replies import error_body
from captiond.simulator.world import World

MAX_IDS: Final = 100
MAX_PAGE: Final = 500
MAX_PLATFORM_PAGE: Final = 100  # of Genesys Cloud's own query, and ids of one batch
AGO_S: Final = 3_600.0  # so long ago a conversation was that does not say when
TALK: Final = (
    {"from": "agent", "to": "guest", "text": "Good morning, how can I help you?"},
    {"from": "guest", "to": "agent", "text": "I would like to change my delivery address, please."},
)
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")


class Messages(BaseModel):
    """One conversation.

    Attributes:
        messages: sent as they stand; one without `sequenceId` and `timestamp` that is an object gets both. `plain`: as
            they are, whatever they are. In Genesys Cloud's form a message's `data` is put over its entity, and one that
            is `lost` is listed and in no batch.
        session_id: of the guest.
        hidden: no query answers it.
        started_s: seconds before now.
        data: put over the answer about it; a null takes a key away. `body`: sent in place of the whole answer; a
            character \\udc80 to \\udcff is that byte alone. In the other form it is sent in place of each batch.
    """

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)

    conversation_id: str = Field(min_length=36, max_length=36)
    session_id: str | None = None
    messages: Any = TALK
    plain: bool = False
    hidden: bool = False
    started_s: float = Field(default=AGO_S, ge=0)
    data: dict[str, Any] = {}
    body: str | None = None


class Messaging:
    """The endpoints.

    Attributes:
        handed_out: by conversation, as often as its messages were.
        largest_page: conversations in one answer; the least of this and what was asked for.
        queries: bodies of the queries that were answered, the last thousand.
    """

    def __init__(self, world: World, desk: Desk) -> None:
        self._world, self._desk = world, desk
        self._conversations: dict[str, Messages] = {}
        self.largest_page = MAX_PAGE
        self.queries: list[Mapping[str, Any]] = []

    def store(self, conversations: Iterable[Messages]) -> None:
        """More of them, or others under the same ids."""
        self._conversations.update((one.conversation_id.lower(), one) for one in conversations)

    def add_to(self, app: web.Application) -> None:
        """Registers the routes."""
        app.router.add_post("/api/v2/analytics/conversations/web/details/query", self.query)
        app.router.add_get("/api/v2/conversations/web/details/{id}", self.details)
        app.router.add_post("/api/v2/analytics/conversations/details/query", self.platform_query)
        app.router.add_get("/api/v2/conversations/messages/{id}", self.listed)
        app.router.add_post("/api/v2/conversations/messages/{id}/messages/bulk", self.batch)

    async def query(self, request: web.Request) -> web.StreamResponse:
        """`POST /api/v2/analytics/conversations/web/details/query`."""
        asked = _object(await request.read())
        refused = await self._desk.refused(request, On.MESSAGING_QUERY)
        if refused is not None:
            return refused
        wrong = _wrong(asked)
        if wrong is not None:
            body = error_body(400, message=f"{wrong} is not valid", field=wrong)
            return self._desk.answer(request, On.MESSAGING_QUERY, 400, body)
        self.queries = [*self.queries[-999:], asked]
        found = self._found(asked)
        size, page = min(asked.get("pageSize", MAX_PAGE), self.largest_page), asked.get("pageNumber", 1)
        shown = found[(page - 1) * size : page * size]
        body = {"conversations": [self._entry(one) for one in shown], "totalHits": len(found)}
        return await self._desk.finish(request, self._desk.answer(request, On.MESSAGING_QUERY, 200, body))

    async def details(self, request: web.Request) -> web.StreamResponse:
        """`GET /api/v2/conversations/web/details/{id}`."""
        name = request.match_info["id"]
        refused = await self._desk.refused(request, On.MESSAGING_DETAILS, name)
        if refused is not None:
            return refused
        found = self._find(name)
        if found is None:
            return self._desk.answer(request, On.MESSAGING_DETAILS, 404, error_body(404), session=name)
        self._world.ledger.conversations[name] += 1
        self._desk.seen(request, On.MESSAGING_DETAILS, 200, name)
        answer = web.Response(status=200, body=self._body(found), content_type="application/json")
        return await self._desk.finish(request, answer)

    async def platform_query(self, request: web.Request) -> web.StreamResponse:
        """`POST /api/v2/analytics/conversations/details/query`."""
        asked = _object(await request.read())
        refused = await self._desk.refused(request, On.MESSAGING_QUERY)
        if refused is not None:
            return refused
        since, _, until = str(asked.get("interval")).partition("/")
        paging = asked.get("paging", {})
        size, page = paging.get("pageSize", 25), paging.get("pageNumber", 1)
        if _time_s(since) is None or _time_s(until) is None or not 1 <= size <= MAX_PLATFORM_PAGE:
            field = "paging" if _time_s(since) is not None and _time_s(until) is not None else "interval"
            body = error_body(400, message=f"{field} is not valid", field=field)
            return self._desk.answer(request, On.MESSAGING_QUERY, 400, body)
        self.queries = [*self.queries[-999:], asked]
        named = [
            {"id": one["value"]} for part in asked.get("conversationFilters", []) for one in part.get("predicates", [])
        ]
        found = self._found({"dateRange": {"from": since, "to": until}, "entities": {"conversations": named}})
        size = min(size, self.largest_page)
        shown = found[(page - 1) * size : page * size]
        body = {"conversations": [self._entry(one) for one in shown], "totalHits": len(found)}
        return await self._desk.finish(request, self._desk.answer(request, On.MESSAGING_QUERY, 200, body))

    async def listed(self, request: web.Request) -> web.StreamResponse:
        """`GET /api/v2/conversations/messages/{id}`: which messages there are, and when."""
        name = request.match_info["id"]
        refused = await self._desk.refused(request, On.MESSAGING_DETAILS, name)
        if refused is not None:
            return refused
        found = self._find(name)
        if found is None:
            return self._desk.answer(request, On.MESSAGING_DETAILS, 404, error_body(404), session=name)
        begun_s = self._begun_s(found)
        details: dict[str, list[dict[str, Any]]] = {"guest": [], "agent": []}
        for place, message in enumerate(found.messages, start=1):
            told = {"messageId": f"{name}-{place}", "messageTime": iso_utc(begun_s + place), "messageStatus": "sent"}
            details["guest" if message.get("from") == "guest" else "agent"].append(told)
        body = {
            "id": found.conversation_id,
            "startTime": iso_utc(begun_s),
            "endTime": iso_utc(begun_s + 600),
            "participants": [
                {"purpose": "customer", "messages": [{"id": f"{name}-in", "messages": details["guest"]}]},
                {"purpose": "agent", "messages": [{"id": f"{name}-out", "messages": details["agent"]}]},
            ],
            **found.data,
        }
        told_body = {key: value for key, value in body.items() if value is not None}
        return await self._desk.finish(
            request, self._desk.answer(request, On.MESSAGING_DETAILS, 200, told_body, session=name)
        )

    async def batch(self, request: web.Request) -> web.StreamResponse:
        """`POST /api/v2/conversations/messages/{id}/messages/bulk`: the texts of those that are named."""
        name = request.match_info["id"]
        asked = orjson.loads(await request.read())
        refused = await self._desk.refused(request, On.MESSAGING_DETAILS, name)
        if refused is not None:
            return refused
        found = self._find(name)
        if found is None or not isinstance(asked, list) or len(asked) > MAX_PLATFORM_PAGE:
            status = 404 if found is None else 400
            return self._desk.answer(request, On.MESSAGING_DETAILS, status, error_body(status), session=name)
        self._world.ledger.conversations[name] += 1
        begun_s = self._begun_s(found)
        entities = [
            {
                "id": f"{name}-{place}",
                "timestamp": iso_utc(begun_s + place),
                "direction": "inbound" if message.get("from") == "guest" else "outbound",
                "textBody": message.get("text"),
                "normalizedMessage": {"id": f"{name}-{place}", "type": "Text", "text": message.get("text")},
                **message.get("data", {}),
            }
            for place, message in enumerate(found.messages, start=1)
            if f"{name}-{place}" in asked and not message.get("lost")
        ]
        self._desk.seen(request, On.MESSAGING_DETAILS, 200, name)
        body = (
            found.body.encode("utf-8", "surrogateescape")
            if found.body is not None
            else orjson.dumps({"entities": entities})
        )
        return await self._desk.finish(request, web.Response(body=body, content_type="application/json"))

    def _find(self, name: str) -> Messages | None:
        found = self._conversations.get(name.lower())
        any_id = self._world.library.any_id and _UUID.fullmatch(name)
        return Messages(conversation_id=name) if found is None and any_id else found

    def _found(self, asked: Mapping[str, Any]) -> list[Messages]:
        ids = [one["id"] for one in (asked.get("entities") or {}).get("conversations") or []]
        known = [found for one in ids if (found := self._find(one)) is not None]
        since_s, until_s = (_time_s(asked["dateRange"][key]) or 0.0 for key in ("from", "to"))
        return [
            one
            for one in (known if ids else self._conversations.values())
            if not one.hidden and since_s <= self._begun_s(one) < until_s
        ]

    def _begun_s(self, one: Messages) -> float:
        return self._world.pace.now_s() - one.started_s

    def _entry(self, one: Messages) -> dict[str, Any]:
        begun_s = self._begun_s(one)
        guest = [{"sessionId": one.session_id, "mediaType": "message"}] if one.session_id else []
        return {
            "conversationId": one.conversation_id,
            "conversationStart": iso_utc(begun_s),
            "conversationEnd": iso_utc(begun_s + 600),
            "participants": [
                {"purpose": "customer", "sessions": guest},
                {"purpose": "agent", "sessions": [{"sessionId": one.conversation_id, "mediaType": "message"}]},
            ],
        }

    def _body(self, one: Messages) -> bytes:
        if one.body is not None:
            return one.body.encode("utf-8", "surrogateescape")
        begun_s = self._begun_s(one)
        messages = one.messages
        if not one.plain and isinstance(messages, list | tuple):
            messages = [
                {"sequenceId": place, "timestamp": iso_utc(begun_s + place), **message}
                if isinstance(message, Mapping)
                else message
                for place, message in enumerate(messages, start=1)
            ]
        body = {
            "id": one.conversation_id,
            "type": "webmessaging",
            "startTimestamp": iso_utc(begun_s),
            "endTimestamp": iso_utc(begun_s + 600),
            "messages": messages,
            **one.data,
        }
        return orjson.dumps({key: value for key, value in body.items() if value is not None})


def _object(body: bytes) -> dict[str, Any]:
    try:
        asked = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return asked if isinstance(asked, dict) else {}


def _wrong(asked: Mapping[str, Any]) -> str | None:
    """The first field that is not what the documents say."""
    times = asked.get("dateRange")
    since_s, until_s = (_time_s(times.get(key)) if isinstance(times, dict) else None for key in ("from", "to"))
    if since_s is None or until_s is None or since_s >= until_s:
        return "dateRange"
    entities = asked.get("entities", {})
    named = entities.get("conversations", []) if isinstance(entities, dict) else None
    if not isinstance(named, list) or len(named) > MAX_IDS or not all(_is_named(one) for one in named):
        return "entities"
    size, page = asked.get("pageSize", MAX_PAGE), asked.get("pageNumber", 1)
    if type(size) is not int or not 1 <= size <= MAX_PAGE:
        return "pageSize"
    return None if type(page) is int and page >= 1 else "pageNumber"


def _is_named(one: Any) -> bool:
    return isinstance(one, dict) and isinstance(one.get("id"), str) and _UUID.fullmatch(one["id"]) is not None


def _time_s(text: Any) -> float | None:
    try:
        return datetime.fromisoformat(text).timestamp()
    except (TypeError, ValueError):
        return None
