"""A transcript that comes as one text is redacted line by line, each of its speaker, and keeps its lines."""

import pytest

from captiond.base.ids import RawText, SafeText
from captiond.jobs.lines import joined, lines_of
from captiond.jobs.masking import Masking, Said

KINDS = frozenset({"CC", "CVV", "SSN", "PHONE", "EMAIL", "IBAN"})


async def shown(text: str) -> str:
    lines = lines_of([Said(RawText(text))])
    masked = await Masking(KINDS).transcript([line.said for line in lines])
    return joined(lines, masked.texts)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Agent: Hello.\nCustomer:  Hi, it is 250 dollars.", "Agent: Hello.\nCustomer: Hi, it is 250 dollars."),
        (
            "Customer: write to sarah dot doe nine\nCustomer: nine at hotmail dot com",
            "Customer: write to [EMAIL]\nCustomer: [EMAIL]",
        ),
        (
            "Agent: Your card number?\nCustomer: 4111 1111\nCustomer: 1111 1111",
            "Agent: Your card number?\nCustomer: [CC]\nCustomer: [CC]",
        ),
        ("no labels\n\n  and two lines ", "no labels\nand two lines"),
        ("one line: 078-05-1120", "one line: [SSN]"),
        ("", ""),
    ],
)
async def test_lines(text: str, expected: str) -> None:
    assert await shown(text) == expected


def test_a_line_names_its_speaker_and_else_its_piece_does() -> None:
    lines = lines_of([Said(RawText("Agent 2: a\nb"), "customer", "de-DE"), Said(RawText("c"))])
    assert [(line.label, line.said.text, line.said.speaker, line.said.language) for line in lines] == [
        ("Agent 2:", " a", "agent 2", "de-DE"), ("", "b", "customer", "de-DE"), ("", "c", "", None),
    ]  # fmt: skip
    assert joined(lines, [SafeText(one) for one in "xyz"]) == "Agent 2: x\ny\nz"
