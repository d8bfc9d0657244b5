"""The search in recordings' transcripts, in the documents' form: `POST /api/v2/search/recordings`.

Answers what was stored (`Findings.store`), as it is, whatever stands in it: nobody has redacted a real index.
A phrase is found where it stands, upper and lower case alike. Source: workflows.md, section 3, 7.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

import orjson
from aiohttp import web

from captiond.simulator.desk import Desk
from captiond.simulator.faults import On
from captiond.simulator.replies import error_body

MAX_LIMIT: Final = 100
_QUERY: Final = re.compile(r'transcript:"((?:[^"\\]|\\["\\])+)"')
_ESCAPED: Final = re.compile(r'\\(["\\])')


class Findings:
    """The endpoint.

    Attributes:
        queries: each that was asked for, as it came.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._recordings: dict[str, Mapping[str, Any]] = {}
        self.queries: list[str] = []

    def store(self, recording: str, transcript: str, **more: Any) -> None:
        """A recording that can be found; `more` goes into its result as it is."""
        self._recordings[recording] = {"recordingId": recording, "transcript": transcript, **more}

    def add_to(self, app: web.Application) -> None:
        """Registers the route."""
        app.router.add_post("/api/v2/search/recordings", self.search)
        app.router.add_post("/api/v2/speechandtextanalytics/transcripts/search", self.platform_search)

    async def search(self, request: web.Request) -> web.StreamResponse:
        """`POST /api/v2/search/recordings` `{"query":"transcript:\\"...\\"","limit":10}`."""
        refused = await self._desk.refused(request, On.SEARCH)
        if refused is not None:
            return refused
        try:
            asked = orjson.loads(await request.read())
        except orjson.JSONDecodeError:
            asked = None
        asked = asked if isinstance(asked, dict) else {}
        query, limit = asked.get("query"), asked.get("limit", 10)
        phrase = _QUERY.fullmatch(query) if isinstance(query, str) else None
        if phrase is None:
            return self._desk.answer(request, On.SEARCH, 400, error_body(400, message="query", field="query"))
        if isinstance(limit, bool) or not isinstance(limit, int) or not 1 <= limit <= MAX_LIMIT:
            return self._desk.answer(request, On.SEARCH, 400, error_body(400, message="limit", field="limit"))
        self.queries.append(phrase.string)
        wanted = _ESCAPED.sub(r"\1", phrase[1]).lower()
        found = [one for one in self._recordings.values() if wanted in str(one["transcript"]).lower()]
        body = {"total": len(found), "results": found[:limit]}
        return await self._desk.finish(request, self._desk.answer(request, On.SEARCH, 200, body))

    async def platform_search(self, request: web.Request) -> web.StreamResponse:
        """`POST /api/v2/speechandtextanalytics/transcripts/search`: as Genesys Cloud has it, which tells no words."""
        refused = await self._desk.refused(request, On.SEARCH)
        if refused is not None:
            return refused
        asked = orjson.loads(await request.read())
        [wanted] = [one for one in asked["query"] if one["fields"] == ["transcript.content"]]
        self.queries.append(wanted["value"])
        words = wanted["value"].lower()
        found = [name for name, one in self._recordings.items() if words in str(one["transcript"]).lower()]
        results = [{"conversationId": name, "mediaType": "call"} for name in found[: asked["pageSize"]]]
        body = {"total": len(found), "pageCount": 1, "pageNumber": 1, "types": ["transcripts"], "results": results}
        return await self._desk.finish(request, self._desk.answer(request, On.SEARCH, 200, body))
