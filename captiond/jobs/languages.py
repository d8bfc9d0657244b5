"""Which language a written message is in, where that is certain.

Short messages are most of a chat and say little of their language, so the answer is often None, and what is done with
a message must not hang on it: redaction then uses all lexicons. The model is loaded when the first message asks: it
costs a second and some 100 MiB, and a daemon without such jobs pays neither.
"""

import asyncio
import logging
import os
from functools import cache
from importlib import import_module
from typing import Any, Final

from captiond.base.inside import describe
from captiond.core.redact import learn

log = logging.getLogger(__name__)

# Measured on 1,575 turns of the shared data, in four languages: of the answers above it one is wrong, and 85 in 100
# turns get one; without the list below it would be 5 and 78, since a small language takes what a large one shares.
CERTAIN: Final = 0.6
READ_CHARS: Final = 500  # of a message: more makes no answer better, and takes longer
LANGUAGES: Final = (  # in which customers write; others have no answer
    "ar bg bn ca cs da de el en es et fa fi fr he hi hr hu id it ja ko lt lv ms nl no pl pt ro ru sk sl sr sv th tl tr "
    "uk ur vi zh"
)


class Languages:
    """Tells languages. Use `of` after `load`; before that, and where the model cannot be had, nothing is certain."""

    def __init__(self) -> None:
        self._model: Any = None
        self._tried = False
        self._loading = asyncio.Lock()

    async def load(self) -> None:
        """Loads the model, once, in a thread of its own. A failure is logged and never raised."""
        async with self._loading:
            if self._tried:
                return
            try:
                self._model = await asyncio.to_thread(_load)
            except Exception as fault:
                log.error("languages of messages cannot be told: why=%s", describe(fault))
            self._tried = True

    def of(self, text: str) -> str | None:
        """The language's two letters; None where it is not certain. Some 100 us."""
        if self._model is None or not text or text.isspace():
            return None
        language, confidence = self._model.classify(text[:READ_CHARS])
        return str(language) if confidence > CERTAIN else None


@cache  # of the process: a program may open its workflows again
def _load() -> Any:
    learn(LANGUAGES.split())  # lexicons take their time, too, where one is not configured for captions
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # numpy's: a message is nothing to share among threads
    module = import_module("py3langid.langid")
    model = module.LanguageIdentifier.from_model_file(module.MODEL_FILE, norm_probs=True)
    model.set_languages([language for language in LANGUAGES.split() if language in set(model.labels)])
    model.classify("Is it ready?")
    return model
