"""A redactor that knows nothing but the text of each event: what measures and properties are tried on."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from captiond.bench.scoring import Filter
from captiond.core.redact import DEFAULT, Redactor


def per_event(show: Callable[[str], str]) -> Filter:
    """A filter of events, each caption made of its text alone.

    Args:
        show: raw text to what is shown of it.
    """

    def redact(
        lines: Iterable[bytes], kinds: frozenset[str] = DEFAULT, redactors: list[Redactor] | None = None
    ) -> Iterator[Mapping[str, Any]]:
        utterances: Counter[str] = Counter()
        for line in lines:
            event = json.loads(line)
            session = event["mediaSessionId"]
            yield {
                "mediaSessionId": session,
                "eventSequence": event["eventSequence"],
                "utterance": f"u{utterances[session]}",
                "final": not event["isPartial"],
                "text": show(event["transcript"]),
            }
            utterances[session] += not event["isPartial"]

    return redact
