"""Which examples Hypothesis tries: always the same ones, or new ones with `--hypothesis-profile=random`.

A change must not fail because of an example that nobody has seen before, on a machine that is not at
hand: CI tries the same examples each time. New ones are looked for by hand (CONTRIBUTING.md).
"""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants

DETERMINISTIC, RANDOM = "deterministic", "random"
NOTHING = Constants()

_constants_of_loaded_modules = providers._get_local_constants


def _constants() -> Constants:
    """Hypothesis also tries constants of the modules that happen to be loaded: in another order of
    the tests these are others, whatever `derandomize` says."""
    if settings.get_current_profile_name() == DETERMINISTIC:
        return NOTHING
    return _constants_of_loaded_modules()


def use_same_examples() -> None:
    """Make both profiles known, and the deterministic one the profile of tests that name none."""
    calm = settings(
        settings.get_profile("default"),
        deadline=None,  # a busy machine is no failure
        suppress_health_check=[HealthCheck.too_slow],
        print_blob=True,
    )
    settings.register_profile(RANDOM, calm)
    settings.register_profile(DETERMINISTIC, calm, derandomize=True, database=None)
    settings.load_profile(DETERMINISTIC)
    providers._get_local_constants = _constants
