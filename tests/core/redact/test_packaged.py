"""The conversations that everybody sees first read right to a person: masks where it is private, nowhere else."""

import orjson
import pytest

from captiond.cli_redact import events
from captiond.simulator.packaged import FOLDER

MASKED = {
    "en-US-billing": [
        "It's [CC], uh, [CC].",
        "It expires in August 2029, and the code is [CVV].",
        "It's [EMAIL].",
        "Sure, [PHONE].",
    ],
    "en-US-benefits": [
        "Sure. It's [SSN].",
        "You can. Please send it to [EMAIL] and put the reference number in the subject.",
        "[EMAIL]. And how long does it take after that?",
        "Perfect. And if you need me, my cell is [PHONE].",
    ],
    "fr-FR-assurance": ["[EMAIL], en mettant le dossier numéro 8 816 dans l'objet.", "[IBAN].", "Au [PHONE]."],
    "de-DE-rechnung": [
        "Auf mein Girokonto. Die IBAN ist [IBAN].",
        "Lieber per E-Mail. Meine E-Mail ist [EMAIL].",
        "Am besten mobil, [PHONE].",
    ],
    "es-ES-averia": ["¿El IBAN? A ver, es [IBAN]."],
}


@pytest.mark.parametrize("name", MASKED)
def test_what_is_masked_in_the_end(name: str) -> None:
    ended: dict[tuple[str, str], str] = {}
    for line in events((FOLDER / f"{name}.jsonl").read_bytes().splitlines()):
        caption = orjson.loads(line)
        if caption["final"]:
            ended[caption["mediaSessionId"], caption["utterance"]] = caption["text"]
    assert [text for text in ended.values() if "[" in text] == MASKED[name]
