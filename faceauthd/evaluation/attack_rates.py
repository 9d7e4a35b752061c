"""Error rates of presentation-attack detection, as ISO/IEC 30107-3 names them, with exact intervals."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from faceauthd.evaluation.presentations import Presented, Response

LEVEL = 0.95
_STEPS = 60


@dataclass(frozen=True, slots=True)
class Rate:
    """`count` of `total`, with the Clopper-Pearson interval of LEVEL; without any, nothing is known: 0 to 1."""

    count: int
    total: int

    @property
    def share(self) -> float:
        """NaN of none."""
        return self.count / self.total if self.total else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """The lowest and the highest rate that would not make this count a surprise."""
        if not self.total:
            return 0.0, 1.0
        tail = (1 - LEVEL) / 2
        low = 0.0 if self.count == 0 else _where(lambda rate: 1 - _at_most(self.count - 1, self.total, rate) >= tail)
        high = 1.0 if self.count == self.total else _where(lambda rate: _at_most(self.count, self.total, rate) <= tail)
        return low, high


@dataclass(frozen=True, slots=True)
class SpeciesRates:
    """Of one species. `error` is the share of attacks let in (APCER), or of living people refused (BPCER), among all
    attacks, but among those living people only who had an answer; `silent` is the share without one (APNRR, BPNRR)."""

    species: str
    is_live: bool
    error: Rate
    silent: Rate
    suspicions: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class AttackTable:
    """All species, those of living people first; `bpcer` and `bpnrr` are over all living people."""

    species: tuple[SpeciesRates, ...]
    bpcer: Rate
    bpnrr: Rate

    @property
    def worst(self) -> SpeciesRates | None:
        """The attack species with the highest APCER, by which a system is judged; None without attacks."""
        attacks = [one for one in self.species if not one.is_live]
        return max(attacks, key=lambda one: one.error.share, default=None)


def table_of(presented: Sequence[Presented]) -> AttackTable:
    """The rates of each species in `presented`."""
    names = sorted({(not one.is_live, one.species) for one in presented})
    species = tuple(_rates([one for one in presented if one.species == name]) for _, name in names)
    living = _rates([one for one in presented if one.is_live])
    return AttackTable(species, living.error, living.silent)


def error_rates_at(presented: Sequence[Presented], threshold: float) -> tuple[float, float]:
    """Worst-species APCER and BPCER, if `threshold` were the least mean liveness; NaN where nobody is."""
    living = [one.score >= threshold for one in presented if one.is_live and one.score is not None]
    bpcer = 1 - sum(living) / len(living) if living else math.nan
    attacks: dict[str, list[bool]] = {}
    for one in presented:
        if not one.is_live:
            attacks.setdefault(one.species, []).append(one.score is not None and one.score >= threshold)
    return max((sum(each) / len(each) for each in attacks.values()), default=math.nan), bpcer


def _rates(presented: Sequence[Presented]) -> SpeciesRates:
    is_live = bool(presented) and presented[0].is_live
    silent = sum(one.response is Response.NONE for one in presented)
    wrong = Response.REFUSED if is_live else Response.ACCEPTED
    errors = sum(one.response is wrong for one in presented)
    judged = len(presented) - silent if is_live else len(presented)
    named = [one.suspicion.value for one in presented if one.suspicion is not None]
    suspicions = tuple(sorted(((name, named.count(name)) for name in set(named)), key=lambda each: -each[1]))
    species = presented[0].species if presented else ""
    return SpeciesRates(species, is_live, Rate(errors, judged), Rate(silent, len(presented)), suspicions)


def _at_most(count: int, total: int, rate: float) -> float:
    """Probability of at most `count` of `total` at `rate`."""
    return sum(math.comb(total, k) * rate**k * (1 - rate) ** (total - k) for k in range(count + 1))


def _where(holds: Callable[[float], bool]) -> float:
    """The least rate at which `holds`, which never stops holding above it, by bisection."""
    low, high = 0.0, 1.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high
