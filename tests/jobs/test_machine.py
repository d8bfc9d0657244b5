"""The tables of `jobs.machine`: every pair, legal or not."""

import itertools

import pytest

from captiond.base.errors import LocalError
from captiond.jobs.machine import (
    FIRST,
    LIFE,
    MESSAGING,
    OVER,
    PHASES,
    RECORDING,
    On,
    Outcome,
    Phase,
    State,
    after,
    path,
    phase_after,
    progress,
)


@pytest.mark.parametrize(("state", "on"), list(itertools.product(State, On)))
def test_each_pair_of_state_and_event_is_in_the_table_or_an_error(state: State, on: On) -> None:
    if (state, on) in LIFE:
        assert after(state, on) is LIFE[state, on]
    else:
        with pytest.raises(LocalError, match=f"{state} cannot be {on}"):
            after(state, on)


def test_what_is_over_stays_as_it_is() -> None:
    assert {state for state, _ in LIFE}.isdisjoint(OVER)
    assert all(state.over == (state in OVER) for state in State)


def test_every_state_but_the_first_can_be_reached_and_every_one_can_end() -> None:
    assert set(LIFE.values()) | {State.QUEUED} == set(State)
    for start in set(State) - OVER:
        seen, waiting = {start}, [start]
        while waiting:
            here = waiting.pop()
            for (state, _), to in LIFE.items():
                if state is here and to not in seen:
                    seen.add(to)
                    waiting.append(to)
        assert seen >= OVER, start


@pytest.mark.parametrize("kind", PHASES)
def test_each_pair_of_phase_and_outcome_is_in_the_table_or_an_error(kind: str) -> None:
    for phase, outcome in itertools.product(Phase, Outcome):
        if (phase, outcome) in PHASES[kind]:
            assert phase_after(kind, phase, outcome) is PHASES[kind][phase, outcome]
        else:
            with pytest.raises(LocalError):
                phase_after(kind, phase, outcome)


@pytest.mark.parametrize("kind", PHASES)
def test_a_workflow_goes_from_its_first_phase_to_its_end_and_its_progress_only_rises(kind: str) -> None:
    steps = list(path(kind))
    assert steps[0] is FIRST[kind]
    assert steps[-1] is Phase.OVER
    assert [progress(kind, phase) for phase in steps] == [(n, len(steps) - 1) for n in range(len(steps))]


def test_a_phase_of_many_units_counts_each_of_them() -> None:
    steps = list(path(MESSAGING))
    told = [progress(MESSAGING, phase, (0, 10)) for phase in steps[:2]]
    told += [progress(MESSAGING, Phase.COLLECTING, (units, 10)) for units in range(11)]
    told += [progress(MESSAGING, phase, (10, 10)) for phase in steps[3:]]
    assert [done for done, _ in told] == [0, 1, *range(2, 13), 12, 13]
    assert {of for _, of in told} == {13}


def test_an_unknown_kind_has_no_phases() -> None:
    with pytest.raises(LocalError):
        phase_after("tea", Phase.CHECKING, Outcome.DONE)


@pytest.mark.parametrize("kind", PHASES)
def test_a_phase_beside_the_path_is_no_farther_than_the_one_it_leads_to(kind: str) -> None:
    for phase in {phase for phase, _ in PHASES[kind]} - set(path(kind)):
        done, of = progress(kind, phase)
        assert 0 <= done < of
        assert done <= max(progress(kind, to)[0] for (here, _), to in PHASES[kind].items() if here is phase)
    assert progress(RECORDING, Phase.FALLING_BACK) == (1, 3)
