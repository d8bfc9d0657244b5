"""captiond.db.gaps: where updates were lost, over a real file."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from captiond.base.ids import SafeText, SessionId, UtteranceId
from captiond.core.messages import Caption, Gap
from captiond.db.gaps import MAX_GAPS
from captiond.db.records import Missed, SavedSession
from captiond.db.store import Store

ONE = SessionId("ms-1")
DAY_S = 86_400.0


class Calendar:
    """A clock that a test moves."""

    now_s = 1_718_447_400.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = await Store.open(f"sqlite:///{tmp_path / 'captiond.db'}", now_s=Calendar())
    opened.save_session(begun())
    yield opened
    await opened.close()


def begun(session: SessionId = ONE) -> SavedSession:
    return SavedSession(session, "media", "en-US", {}, "2024-06-15T10:29:00.000Z")


def final(utterance: str, revision: int = 1) -> Caption:
    return Caption(
        UtteranceId(utterance), revision, True, SafeText("Hi."), 3, False, "", "en-US", "2024-06-15T10:30:00.000Z"
    )


async def missed(store: Store, session: SessionId = ONE) -> list[Missed]:
    kept = await store.kept(session)
    assert kept is not None
    return list(kept.missed)


async def test_a_gap_stands_behind_the_finals_that_were_there_when_it_came(store: Store) -> None:
    store.keep(ONE, Gap(None, "disconnect"))
    store.keep(ONE, final("u1"))
    store.keep(ONE, Gap(3, "sequence"))
    store.keep(ONE, final("u2"))
    store.keep(ONE, final("u1", 2))  # a correction moves nothing
    store.keep(ONE, final("u3"))
    assert await missed(store) == [Missed(3, Gap(None, "disconnect")), Missed(2, Gap(3, "sequence"))]
    assert [kept.revision for kept in await store.finals(ONE)] == [2, 1, 1]


async def test_a_session_that_begins_anew_has_the_gaps_of_its_own(store: Store) -> None:
    store.keep(ONE, Gap(1, "owner"))
    store.save_session(begun())
    assert await missed(store) == []
    store.keep(ONE, Gap(2, "owner"))
    assert await missed(store) == [Missed(0, Gap(2, "owner"))]
    store.keep(SessionId("never-saved"), Gap(2, "owner"))
    assert await store.kept(SessionId("never-saved")) is None


async def test_the_newest_gaps_are_told(store: Store) -> None:
    for count in range(MAX_GAPS + 5):
        store.keep(ONE, Gap(count, "sequence"))
    assert [one.gap.lost for one in await missed(store)] == list(range(5, MAX_GAPS + 5))


async def test_old_gaps_are_erased_with_the_finals_of_their_days(tmp_path: Path) -> None:
    calendar = Calendar()
    store = await Store.open(f"sqlite:///{tmp_path / 'captiond.db'}", now_s=calendar)
    store.save_session(begun())
    store.keep(ONE, final("u1"))
    store.keep(ONE, Gap(1, "sequence"))
    await store.finals(ONE)
    calendar.now_s += 20 * DAY_S
    store.keep(ONE, final("u2"))
    store.keep(ONE, Gap(2, "sequence"))
    assert await missed(store) == [Missed(1, Gap(1, "sequence")), Missed(0, Gap(2, "sequence"))]
    calendar.now_s += 11 * DAY_S
    assert await store.erase_older(30) == 1
    assert await missed(store) == [Missed(0, Gap(2, "sequence"))]
    await store.close()
