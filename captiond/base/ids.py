"""NewTypes that keep apart what looks alike. mypy proves that raw text never reaches a viewer, a log or a disk."""

from typing import NewType

SessionId = NewType("SessionId", str)  # one media session; also the id in our URLs: [A-Za-z0-9._:-]{1,128}
UtteranceId = NewType("UtteranceId", str)  # one utterance of one session, on the wire
Epoch = NewType("Epoch", str)  # eight random letters, new when a session's log is new
Index = NewType("Index", int)  # ours, in the tail: rises by exactly 1 from 1

RawText = NewType("RawText", str)  # as upstream sent it; never leaves captiond.core
SafeText = NewType("SafeText", str)  # what captiond.core.redact let through; only it makes one
