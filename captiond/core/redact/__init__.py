"""RawText to SafeText: the only place where raw transcript text becomes a caption.

Read classes, national, kinds, lexicon, tokens, window, codes, shapes, articles, unfinished, cardinals, early, runs,
mail, parts, naming, rest, decide, points, render, machine, gate, scan, shown, redactor.
"""

from captiond.core.redact.kinds import ALL, DEFAULT
from captiond.core.redact.lexicons import learn
from captiond.core.redact.redactor import Call, Redactor, Shown

__all__ = ["ALL", "DEFAULT", "Call", "Redactor", "Shown", "learn"]
