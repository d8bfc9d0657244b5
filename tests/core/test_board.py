"""The snapshot: which finals, held ones, partials and gaps, in which order, within which size."""

from captiond.base.ids import Index, SafeText, UtteranceId
from captiond.core.board import MAX_GAPS, MAX_LINES, SNAPSHOT_BYTES, Board
from captiond.core.messages import Caption, Gap, Retraction


class Scene:
    """A board whose wires are short strings."""

    def __init__(self, *, earlier_finals: int = 0) -> None:
        self.board: Board[str] = Board(earlier_finals=earlier_finals)
        self.index = 0

    def show(
        self,
        name: str,
        *,
        final: bool = False,
        held: bool = False,
        size: int = 100,
        start_ms: int | None = None,
        revision: int = 1,
    ) -> Caption | None:
        self.index += 1
        caption = Caption(
            UtteranceId(name), revision, final, SafeText(name), 0, held, "", "en-US", "t", start_ms=start_ms
        )
        return self.board.apply(caption, name, index=Index(self.index), size_bytes=size)

    def gap(self, wire: str) -> None:
        self.index += 1
        self.board.apply(Gap(1, "sequence"), wire, index=Index(self.index), size_bytes=60)

    def retract(self, name: str) -> None:
        self.index += 1
        self.board.apply(Retraction(UtteranceId(name)), name, index=Index(self.index), size_bytes=60)

    def picture(self, *, partials: bool = True) -> tuple[list[str], list[str], int]:
        picture = self.board.picture(partials=partials)
        return list(picture.captions), list(picture.gaps), picture.earlier_finals


def test_the_last_fifty_finals_and_a_count_of_the_others() -> None:
    scene = Scene(earlier_finals=7)
    for n in range(60):
        scene.show(f"f{n}", final=True)
    captions, _, earlier = scene.picture()
    assert captions == [f"f{n}" for n in range(10, 60)]
    assert earlier == 17
    assert scene.board.finals() == 67


def test_as_many_finals_as_fit() -> None:
    scene = Scene()
    for n in range(10):
        scene.show(f"f{n}", final=True, size=20_000)
    assert scene.picture() == (["f7", "f8", "f9"], [], 7)


def test_no_hole_where_a_large_final_does_not_fit() -> None:
    scene = Scene()
    scene.show("small", final=True)
    scene.show("large", final=True, size=SNAPSHOT_BYTES)
    scene.show("new", final=True)
    assert scene.picture() == (["new"], [], 2)


def test_held_finals_and_open_partials_are_always_there() -> None:
    scene = Scene()
    scene.show("held", final=True, held=True)
    scene.show("open")
    for n in range(60):
        scene.show(f"f{n}", final=True)
    captions, _, earlier = scene.picture()
    assert captions[:2] == ["held", "open"]
    assert captions[2:] == [f"f{n}" for n in range(10, 60)]
    assert earlier == 10
    assert "open" not in scene.picture(partials=False)[0]


def test_a_retracted_partial_is_gone_and_a_correction_stays_in_place() -> None:
    scene = Scene()
    assert scene.show("a") is None
    scene.show("b", final=True)
    scene.retract("a")
    scene.show("c", final=True)
    before = scene.show("b", final=True, revision=2)
    assert before is not None
    assert before.revision == 1
    assert scene.picture() == (["b", "c"], [], 0)


def test_a_correction_of_a_forgotten_final_does_not_bring_it_back() -> None:
    scene = Scene()
    for n in range(52):
        scene.show(f"f{n}", final=True)
    assert scene.show("f0", final=True, revision=2) is None
    assert scene.picture()[0][0] == "f2"
    assert scene.picture()[2] == 2


def test_order_is_by_start_where_known_else_by_first_index() -> None:
    scene = Scene()
    scene.show("late", start_ms=5000)
    scene.show("early", start_ms=1000)
    scene.show("unknown")
    scene.show("first", start_ms=10)  # does not pass the one of which nothing is known
    scene.show("early", start_ms=1000, revision=2)
    assert scene.picture()[0] == ["early", "late", "unknown", "first"]


def test_for_viewers_of_finals_an_utterance_begins_with_its_final() -> None:
    scene = Scene()
    scene.show("a")
    scene.show("b", final=True)
    scene.show("a", final=True, revision=2)
    scene.show("b", final=True, revision=2)
    assert scene.picture()[0] == ["a", "b"]
    assert scene.picture(partials=False)[0] == ["b", "a"]


def test_a_final_whose_utterance_began_long_ago_is_a_last_one() -> None:
    """A line that was open while 60 others came and went, on the other channel for example."""
    scene = Scene()
    scene.show("long")
    for n in range(60):
        scene.show(f"f{n}", final=True)
    scene.show("long", final=True, revision=2)
    last = [f"f{n}" for n in range(11, 60)]
    assert scene.picture() == (["long", *last], [], 11)
    assert scene.picture(partials=False) == ([*last, "long"], [], 11)


def test_gaps_among_what_is_shown() -> None:
    scene = Scene()
    scene.gap("g1")
    scene.show("a", final=True)
    scene.gap("g2")
    assert scene.picture()[1] == ["g1", "g2"]
    for n in range(50):
        scene.show(f"f{n}", final=True)
    scene.gap("g3")
    assert scene.picture() == ([f"f{n}" for n in range(50)], ["g3"], 1)


def test_a_broken_stream_bounds_gaps_and_held_finals() -> None:
    scene = Scene()
    for n in range(1000):
        scene.gap(f"g{n}")
        scene.show(f"h{n}", final=True, held=True, size=10)
    captions, gaps, earlier = scene.picture()
    assert len(captions) == MAX_LINES
    assert len(gaps) <= MAX_GAPS
    assert earlier == 1000 - MAX_LINES
