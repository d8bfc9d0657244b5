"""The model for as long as one likes: `python -m tests.hub.soak --minutes 10 [--seed N]`, from the repository's folder.

Other examples each time, a round of 200 at a go, each of 60 steps. Ends with 1 at the first broken promise, after
making the way to it as short as it can, and prints the seed of the round; with 0 when the time is over.
"""

import argparse
import logging
import sys
import time
import traceback

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.hub.machine import Promises

EXAMPLES = 200
STEPS = 60


def main() -> int:
    """Rounds until the time is over or a promise is broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=int(time.time()), help="of the first round; each next one is +1")
    given = parser.parse_args()
    logging.disable(logging.CRITICAL)
    end_s = time.monotonic() + 60.0 * given.minutes
    rounds = 0
    while time.monotonic() < end_s:
        number = given.seed + rounds
        machine = seed(number)(type("Soaked", (Promises,), {}))
        try:
            run_state_machine_as_test(
                machine,
                settings=settings(
                    max_examples=EXAMPLES,
                    stateful_step_count=STEPS,
                    deadline=None,
                    database=None,
                    phases=(Phase.generate, Phase.shrink),
                    suppress_health_check=list(HealthCheck),
                    report_multiple_bugs=False,
                ),
            )
        except Exception:
            traceback.print_exc()
            print(f"soak: a promise is broken; again with --seed {number}")
            return 1
        rounds += 1
        print(f"soak: {rounds * EXAMPLES} worlds, seeds {given.seed} to {number}: all promises kept", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
