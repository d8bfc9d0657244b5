"""The search in transcripts, composed: this daemon's own, and the one of Genesys with its results redacted by captiond.

A search is recorded in the audit, since it is somebody looking at what others said: how much was found, never for what.
Implements `serve.wiring.Search`. Source: contract, section 4; workflows.md, section 3, 7.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Any, Final

from captiond.base.errors import UpstreamError, UpstreamInvalid
from captiond.base.inside import empty, sealed
from captiond.base.instants import iso_utc
from captiond.base.observe import AuditSink, Clock, FaultSink, Meter
from captiond.config_keys import Config
from captiond.db.query import InvalidQuery, parse
from captiond.db.search import Found, Hit, Wanted
from captiond.db.searcher import SearchBusy, Searcher, SearchTooLong
from captiond.db.store import Store, StoreError
from captiond.genesys import searches
from captiond.genesys.calls import Calls
from captiond.genesys.client import Genesys
from captiond.genesys.payloads import MalformedAnswer
from captiond.jobs.masking import Masking
from captiond.jobs.refusals import failure_of
from captiond.serve.problems import Problem
from captiond.serve.searching import SearchRequest

log = logging.getLogger(__name__)

ANSWER_S: Final = 20.0  # for Genesys, the wait behind jobs of the same account included
SNIPPET_CHARS: Final = 160  # two lines of a screen
_STATUS: Final[Mapping[str, int]] = {"upstream_rate_limited": 503}


class Searching:
    """Searches. `calls` is None where no account is configured: then this daemon's own transcripts are all there is."""

    def __init__(
        self,
        searcher: Searcher,
        *,
        calls: Calls | None,
        masking: Masking,
        clock: Clock,
        meter: Meter,
        audit: AuditSink,
        form: searches.Form = searches.DOCUMENTS,
    ) -> None:
        """`form`: how Genesys is asked."""
        self._searcher, self._calls, self._masking = searcher, calls, masking
        self._form = form
        self._clock, self._meter, self._audit = clock, meter, audit

    async def __call__(self, asked: SearchRequest) -> Mapping[str, Any]:
        """What was found.

        Raises:
            Problem: 422 `invalid_query`; 503 `search_too_long`, `busy`, `database_unavailable`, `no_account`,
                `upstream_rate_limited`; 502 with the codes of workflows.md, section 5.
        """
        began_s = self._clock.monotonic_s()
        outcome = "failed"
        try:
            answer = await (self._genesys(asked) if asked.source == "genesys" else self._local(asked))
            outcome = "found" if answer["hits"] else "nothing"
        except Problem as problem:
            outcome = "refused" if problem.status < 500 else "failed"
            raise
        finally:
            took_s = self._clock.monotonic_s() - began_s
            self._meter.count("searches_total", source=asked.source, outcome=outcome)
            self._meter.observe("search_seconds", took_s, source=asked.source)
        many, took_ms = len(answer["hits"]), round(took_s * 1000, 1)
        self._audit.record("transcripts_searched", source=asked.source, hits=many, filters=sorted(asked.wanted))
        log.info("search: source=%s hits=%d ms=%.1f", asked.source, many, took_ms)
        return {**answer, "tookMs": took_ms}

    async def close(self) -> None:
        """No more searches; before the store is closed."""
        await self._searcher.close()

    # -- what was said here ------------------------------------------------------------------------------------------

    async def _local(self, asked: SearchRequest) -> dict[str, Any]:
        try:
            wanted = Wanted(
                parse(asked.query),
                limit=asked.limit,
                offset=asked.offset,
                since=asked.since,
                until=asked.until,
                order=asked.order,
                **asked.wanted,
            )
            found: Found = await self._searcher.find(wanted)
        except InvalidQuery as fault:
            raise Problem(422, "invalid_query", f"{_sentence(str(fault))}.") from None
        except SearchTooLong:
            raise Problem(503, "search_too_long", "Too much matches: look for rarer words, or filter.") from None
        except SearchBusy:
            raise Problem(503, "busy", "Too many searches at once.", headers={"Retry-After": "2"}) from None
        except StoreError as fault:
            raise Problem(
                503, "database_unavailable", f"{_sentence(str(fault))}.", headers={"Retry-After": "5"}
            ) from None
        ranked = asked.order == "relevance" and wanted.query.stems is not None
        return {
            "source": "local",
            "hits": [_hit(hit) for hit in found.hits],
            "total": found.total,
            "totalIsExact": found.total_is_exact,
            "more": found.more,
            "ranking": "bm25" if ranked else "newest",
            "warnings": [],
        }

    # -- Genesys' --------------------------------------------------------------------------------------------------

    async def _genesys(self, asked: SearchRequest) -> dict[str, Any]:
        if self._calls is None:
            raise Problem(503, "no_account", "No Genesys account is configured: [genesys] client_id and client_secret.")
        if not asked.query.strip(' "'):
            raise Problem(422, "invalid_query", "A query needs a word to look for.")
        try:
            async with asyncio.timeout(ANSWER_S):
                body = self._form.body_of(asked.query, limit=asked.limit)
                results, total = _parsed(await self._calls.post(self._form.path, body, operation="search"), asked.limit)
        except TimeoutError:
            raise Problem(502, "upstream_unavailable", "search: upstream did not answer in time.") from None
        except UpstreamError as error:
            raise self._problem(error) from None
        kept = [one for one in results if _within(one.at_s, asked)]
        hits = []
        for one in kept:
            hits.append(_result(one, self._masking))
            await asyncio.sleep(0)  # live captions have their turn
        warnings = []
        if (asked.since or asked.until) and any(one.at_s is None for one in kept):
            warnings.append("not_filtered_by_time")
        if any(one.cut for one in kept):
            warnings.append("texts_cut")
        return {
            "source": "genesys",
            "hits": hits,
            "total": total if total is not None else len(results),
            "totalIsExact": total is not None,
            "more": total is not None and total > len(results),
            "ranking": "genesys",
            "warnings": warnings,
        }

    def _problem(self, error: UpstreamError) -> Problem:
        words = self._masking.words(getattr(error, "message", ""))
        failure = failure_of(error, words=words, scopes=self._form.scopes)
        after_s = getattr(error, "retry_after_s", None)
        headers = {} if after_s is None else {"Retry-After": str(max(1, round(after_s)))}
        status = _STATUS.get(failure.code, 502)
        return Problem(status, failure.code, f"{_sentence(failure.message)}.", headers=headers, extra=failure.extra)


def search_of(
    config: Config,
    store: Store,
    genesys: Genesys | None,
    *,
    clock: Clock,
    meter: Meter,
    audit: AuditSink,
    faults: FaultSink | None = None,
) -> Searching:
    """The search of a configuration. Whoever asked for it closes it."""
    return Searching(
        Searcher(config.database.url, store),
        calls=None if genesys is None else genesys.calls,
        masking=Masking(frozenset(config.redaction.kinds), faults=faults),
        clock=clock,
        meter=meter,
        audit=audit,
        form=searches.PLATFORM if config.genesys.profile == "notifications" else searches.DOCUMENTS,
    )


def _parsed(answer: Mapping[str, Any], limit: int) -> tuple[list[searches.Result], int | None]:
    """The results in an answer. What is raised has seen nothing of it."""
    try:
        return searches.parse(answer, limit=limit)
    except MalformedAnswer as fault:
        why = str(fault)
        empty(fault)
    answer = {}
    raise UpstreamInvalid(operation="search", why=f"sent an unusable answer: {why}")


def _within(at_s: float | None, asked: SearchRequest) -> bool:
    at = None if at_s is None else iso_utc(at_s)
    return at is None or ((asked.since is None or at >= asked.since) and (asked.until is None or at < asked.until))


@sealed
def _result(one: searches.Result, masking: Masking) -> dict[str, Any]:
    """A result of Genesys, redacted."""
    return {
        "recording": one.recording,
        "transcript": one.transcript,
        "conversation": one.conversation,
        "score": one.score,
        "at": None if one.at_s is None else iso_utc(one.at_s),
        "texts": [masking.excerpt(text) for text in one.texts],
    }


def _hit(hit: Hit) -> dict[str, Any]:
    links = {}
    if hit.session is not None:
        base = f"/v1/sessions/{hit.session}"
        links = {"session": base, "transcript": f"{base}/transcript.json"}
    elif hit.job is not None:
        links = {"job": f"/v1/jobs/{hit.job}", "transcript": f"/v1/jobs/{hit.job}"}
    start, text, highlights = snippet(hit.text, hit.highlights)
    return {
        "kind": hit.kind,
        "session": hit.session,
        "job": hit.job,
        "conversation": hit.conversation,
        "utterance": hit.utterance,
        "revision": hit.revision,
        "place": hit.place,
        "held": hit.held,
        "channel": hit.channel,
        "language": hit.language,
        "at": hit.said_at,
        "startMs": hit.start_ms,
        "endMs": hit.end_ms,
        "confidence": hit.confidence,
        "score": hit.score,
        "text": hit.text,
        "highlights": _ranges(hit.highlights),
        "snippet": {"text": text, "start": start, "highlights": _ranges(highlights)},
        "links": links,
    }


def snippet(text: str, highlights: Sequence[tuple[int, int]]) -> tuple[int, str, list[tuple[int, int]]]:
    """The part of a text with the most matches: (where it starts, the part, the matches within it), in code points."""
    if len(text) <= SNIPPET_CHARS:
        return 0, text, list(highlights)
    first = max(
        highlights,
        key=lambda one: sum(one[0] <= start and end <= one[0] + SNIPPET_CHARS for start, end in highlights),
        default=(0, 0),
    )
    start = min(max(0, first[0] - SNIPPET_CHARS // 4), len(text) - SNIPPET_CHARS)
    if start > 0:  # not in the middle of a word, where one begins soon
        begins = next((at + 1 for at in range(start, first[0]) if text[at] == " "), None)
        start = start if begins is None else begins
    end = min(start + SNIPPET_CHARS, len(text))
    if end < len(text):
        ends = next((at for at in range(end, end - SNIPPET_CHARS // 4, -1) if text[at] == " "), None)
        end = end if ends is None or ends < first[1] else ends
    within = [(one - start, min(other, end) - start) for one, other in highlights if start <= one < end]
    return start, text[start:end], within


def _ranges(ranges: Sequence[tuple[int, int]]) -> list[dict[str, int]]:
    return [{"start": start, "end": end} for start, end in ranges]


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]
