"""The model finds every fault that the hub is given: each mutant is one edit of one function (`mutants.py`)."""

import logging
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from captiond.core.screen import ProtocolViolation
from tests.hub.machine import Promises
from tests.hub.mutants import MUTANTS, Mutant

FOUND = (AssertionError, ProtocolViolation)
ROUNDS = 12  # the first finds it, as long as Hypothesis draws what it draws today
A_ROUND = settings(
    max_examples=40,
    stateful_step_count=40,
    deadline=None,
    database=None,
    phases=(Phase.generate,),  # that it is found is all; a smaller way to it is not asked
    suppress_health_check=list(HealthCheck),
    report_multiple_bugs=False,
)


@pytest.fixture
def quiet() -> Iterator[None]:
    """Thousands of gaps are no news."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.what)
@pytest.mark.usefixtures("quiet")
def test_the_model_finds(mutant: Mutant, monkeypatch: pytest.MonkeyPatch) -> None:
    mutant.apply(monkeypatch)
    for number in range(mutant.seed, mutant.seed + ROUNDS):
        try:
            run_state_machine_as_test(seed(number)(type("Broken", (Promises,), {})), settings=A_ROUND)
        except FOUND:
            return
    pytest.fail(f"{mutant.what}: nothing was found in {ROUNDS} rounds")
