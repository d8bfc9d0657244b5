"""Settings that the property tests of the redactor share."""

from hypothesis import HealthCheck, Phase, settings

# The same examples on every run: what is red once stays red. `captiond bench redaction --fuzz-seconds` looks further.
settings.register_profile(
    "same-every-run",
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=60,
    # A conversation is drawn from one generator: it shrinks for minutes and ends no clearer than it began.
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("same-every-run")
