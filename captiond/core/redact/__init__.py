"""RawText to SafeText: the only place where raw transcript text becomes a caption.

Read national, kinds, lexicon, tokens, window, runs, mail, shapes, parts, naming, rest, decide, machine, redactor.
"""

from captiond.core.redact.kinds import ALL, DEFAULT
from captiond.core.redact.redactor import Call, Redactor, Shown

__all__ = ["ALL", "DEFAULT", "Call", "Redactor", "Shown"]
