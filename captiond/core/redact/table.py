"""One language as data, as it is written for reading. Source: contract, section 6."""

from collections.abc import Iterable
from dataclasses import dataclass, field, fields


@dataclass(frozen=True)
class Table:
    """One language as data. Each field is explained where `Lexicon` uses it."""

    digits: str = ""
    teens: str = ""
    tens: str = ""
    compounds: dict[str, str] = field(default_factory=dict)
    scales: str = ""
    multiples: str = ""
    articles: str = ""
    copulas: str = ""
    fused: str = ""
    misheard: str = ""
    fillers: str = ""
    interjections: str = ""
    waits: str = ""
    acknowledgements: str = ""
    at: str = ""
    dot: str = ""
    joins: str = ""
    introduces: str = ""
    particles: str = ""
    asides: str = ""
    spellers: str = ""
    silent: str = ""
    plus: str = ""
    cues: dict[str, str] = field(default_factory=dict)
    keeps: str = ""
    postcodes: str = ""
    endings: str = ""
    months: str = ""
    clock_words: str = ""
    units: str = ""
    years: dict[str, str] = field(default_factory=dict)
    ordinals: str = ""
    of: str = ""
    before_years: str = ""
    before_times: str = ""
    before_amounts: str = ""
    at_times: str = ""
    no_domains: str = ""
    common: str = ""
    linkers: str = ""
    between: str = ""
    remainders: str = ""
    inverted: str = ""
    telephones: str = ""
    mobiles: str = ""
    ranges: str = ""
    times: str = ""
    streets: str = ""
    streets_behind: str = ""
    street_endings: str = ""
    pronouns: str = ""
    determiners: str = ""


def union(tables: Iterable[Table]) -> Table:
    """All tables in one, for speech of unknown language. Where a word means two numbers, the first table wins."""
    merged: dict[str, str | dict[str, str]] = {}
    for table in tables:
        for one in fields(Table):
            value = getattr(table, one.name)
            separator = ";" if one.name in ("endings", "interjections", "keeps", "postcodes", "waits") else " "
            before = merged.get(one.name)
            if isinstance(value, str):
                merged[one.name] = f"{before}{separator}{value}" if isinstance(before, str) else value
            else:
                joined = dict(before) if isinstance(before, dict) else {}
                for key, words in value.items():
                    if one.name == "cues" and key in joined:
                        joined[key] = f"{joined[key]};{words}"
                    else:
                        joined.setdefault(key, words)
                merged[one.name] = joined
    return Table(**merged)  # type: ignore[arg-type]  # each under the name of the field it was made of
