"""Signs of life: what the whole gate makes of a clip when it asks for each of them in turn.

Each clip is seen once by the recognizer and answered by three gates, one for each sign, as they are at the door; the
first answer of each counts. Whoever is shown counts as enrolled, and is recognised (see `presentations`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from faceauthd.challenge import SIGNS
from faceauthd.evaluation.attack_rates import Rate
from faceauthd.evaluation.presentations import Anybody, Response
from faceauthd.gate import Gate, Mode, Policy, Tick, step
from faceauthd.recognizer import FaceRecognizer, Stages
from faceauthd.types import EventKind, Member, Role, Roster, Sighting, Sign, Wants
from faceauthd.vision.track import Tracker

if TYPE_CHECKING:
    from faceauthd.evaluation.clips import Clip

_ROSTER = Roster(threshold=0.5, people={1: Member("somebody", Role.MEMBER)}, templates=1)

Film = Sequence[tuple[float, tuple[Sighting, ...]]]
"""Times in seconds, and what was seen then."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A clip, the sign that the lot fell on, and what became of it. `is_asked`: it was taken for living until then."""

    species: str
    is_live: bool
    sign: Sign
    response: Response
    is_asked: bool


@dataclass(frozen=True, slots=True)
class SignRates:
    """Of one species: how many clips were asked for a sign at all, and, for each sign, how many of all were wrongly
    let in (attacks) or kept out (living people, without an answer or with a refusal)."""

    species: str
    is_live: bool
    asked: Rate
    errors: tuple[tuple[Sign, Rate], ...]

    @property
    def error(self) -> float:
        """Over the lot, which falls on each sign alike: APCER of an attack, BPCER of the living."""
        return sum(rate.share for _, rate in self.errors) / len(self.errors)


def trials_of(clip: Clip, stages: Stages, policy: Policy, watch_s: float) -> list[Trial]:
    """Show the clip to the door, once for each sign. Raises PictureError, ModelError."""
    recognizer = FaceRecognizer(stages, Tracker(forget_s=policy.forget_s), Anybody(), watch_s=watch_s)
    film = [(frame.time_s, recognizer.look(frame, Wants())) for frame in clip.frames()]
    end_s = len(film) / clip.fps
    film += [(end_s + number / clip.fps, ()) for number in range(round((policy.forget_s + 1.0) * clip.fps))]
    return [_trial(clip, film, sign, policy) for sign in SIGNS]


def sign_rates(trials: Sequence[Trial]) -> list[SignRates]:
    """The rates of each species, those of living people first."""
    names = sorted({(not one.is_live, one.species) for one in trials})
    return [_rates([one for one in trials if one.species == name]) for _, name in names]


def _trial(clip: Clip, film: Film, sign: Sign, policy: Policy) -> Trial:
    response, is_asked = answered(film, sign, policy)
    return Trial(clip.species, clip.is_live, sign, response, is_asked)


def answered(film: Film, sign: Sign, policy: Policy) -> tuple[Response, bool]:
    """The gate's first answer where the lot falls on `sign`, and whether that was asked for."""
    gate, is_asked = Gate(), False
    for at_s, seen in film:
        tick = Tick(now_s=at_s, roster=_ROSTER, seen=seen, frame_s=at_s, lot=SIGNS.index(sign))
        gate, events = step(gate, tick, policy)
        is_asked = is_asked or any(event.kind is EventKind.CHALLENGED for event in events)
        if gate.mode is Mode.OPEN:
            return Response.ACCEPTED, is_asked
        if any(event.kind is EventKind.REFUSED for event in events):
            return Response.REFUSED, is_asked
    return Response.NONE, is_asked


def _rates(trials: Sequence[Trial]) -> SignRates:
    is_live = trials[0].is_live
    errors = []
    for sign in SIGNS:
        own = [one for one in trials if one.sign is sign]
        wrong = sum((one.response is Response.ACCEPTED) is not is_live for one in own)
        errors.append((sign, Rate(wrong, len(own))))
    own = [one for one in trials if one.sign is SIGNS[0]]
    return SignRates(trials[0].species, is_live, Rate(sum(one.is_asked for one in own), len(own)), tuple(errors))
