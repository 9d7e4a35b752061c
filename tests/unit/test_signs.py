"""The rates of signs of life: what the gate makes of films, and how that is counted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from faceauthd.challenge import SIGNS
from faceauthd.cli.evaluate_signs import _as_text
from faceauthd.config import load_config
from faceauthd.evaluation.presentations import Response
from faceauthd.evaluation.signs import Film, Trial, answered, sign_rates
from faceauthd.settings import policy_of
from faceauthd.types import Sighting, Sign
from tests.fakes import sighting

POLICY = policy_of(load_config(None, ["decision.liveness=challenge"]).config)
LOOK = sighting(1, 1)
YES = Response.ACCEPTED


def film(*signs: Sign, liveness: float = 0.95) -> Film:
    """Somebody stands there for a second, and then gives signs, 10 frames a second."""
    looks: list[Sighting] = [LOOK] * 10
    for sign in signs:
        if sign is Sign.BLINK:
            looks += [sighting(1, 1, lids=0.2)] * 4
        else:
            side = 1 if sign is Sign.LEFT else -1
            looks += [sighting(1, 1, yaw_deg=side * yaw) for yaw in (6.0, 14.0, 14.0, 14.0, 6.0)]
        looks += [LOOK] * 5
    shown = [(number / 10, (replace(look, liveness=liveness),)) for number, look in enumerate(looks)]
    return [*shown, *((shown[-1][0] + 0.1 * more, ()) for more in range(1, 20))]


@pytest.mark.parametrize("asked", SIGNS)
@pytest.mark.parametrize("given", SIGNS)
def test_only_the_sign_that_was_asked_for_opens(asked: Sign, given: Sign) -> None:
    expected = Response.ACCEPTED if asked is given else Response.REFUSED
    assert answered(film(given), asked, POLICY) == (expected, True)


@pytest.mark.parametrize("asked", SIGNS)
def test_whoever_gives_all_opens_whatever_is_asked_for(asked: Sign) -> None:
    assert answered(film(*SIGNS), asked, POLICY) == (Response.ACCEPTED, True)


@pytest.mark.parametrize("asked", SIGNS)
def test_what_does_not_look_alive_is_never_asked(asked: Sign) -> None:
    assert answered(film(*SIGNS, liveness=0.1), asked, POLICY) == (Response.REFUSED, False)


def test_rates_count_clips_for_each_sign_and_the_lot_falls_on_each_alike() -> None:
    trials = [
        Trial(
            "print", False, sign, Response.ACCEPTED if sign is Sign.LEFT and clip == 0 else Response.REFUSED, clip < 3
        )
        for clip in range(4)
        for sign in SIGNS
    ]
    trials += [Trial("live-signs", True, sign, Response.NONE, True) for sign in SIGNS]
    living, prints = sign_rates(trials)
    assert (living.species, living.error) == ("live-signs", 1.0), "no answer is a door that stays shut"
    assert [(sign, rate.count, rate.total) for sign, rate in prints.errors] == [
        (Sign.BLINK, 0, 4),
        (Sign.LEFT, 1, 4),
        (Sign.RIGHT, 0, 4),
    ]
    assert prints.error == pytest.approx(1 / 12)
    assert (prints.asked.count, prints.asked.total) == (3, 4)
    assert "print              3/4  APCER 0.083" in _as_text([living, prints])
