"""The short form of `mutants`: alterations drawn at random from all the deciding code, in some minutes.

So few cannot measure nine of ten. What they can is to say that it is less: the suite fails if a sample as bad as this
one would be drawn from code whose tests do notice nine of ten less than once in a hundred times.
"""

from __future__ import annotations

import json
import math
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

from tests.suites.figures import Figures

DRAWN = 90
FEWEST = 40
"""Below this nothing can be said, and the suite says that: 90 % and 70 % would look alike."""
DOUBT = 0.01


def names_of(copied: Path, modules: tuple[str, ...]) -> list[str]:
    """Every alteration that mutmut makes of them, by its name. In a process of its own: mutmut looks for its settings
    in the folder that it is loaded in.
    """
    command = [sys.executable, "-m", "tests.suites.mutants_sample", *modules]
    done = subprocess.run(command, cwd=copied, capture_output=True, text=True, check=True)
    return list(json.loads(done.stdout))


def _names(modules: list[str]) -> list[str]:
    from mutmut.mutation.file_mutation import mutate_file_contents
    from mutmut.utils.format_utils import get_mutant_name

    found = []
    for path in (path for module in modules for path in sorted(Path("faceauthd").glob(f"{module}.py"))):
        made = mutate_file_contents(str(path), path.read_text()).mutant_names
        found += [get_mutant_name(path, name) for name in made]
    return found


def drawn(names: list[str], seed: int, count: int = DRAWN) -> list[str]:
    return sorted(random.Random(seed).sample(names, min(count, len(names))))


def at_most(noticed: int, tried: int, share: float) -> float:
    """The chance that of `tried` alterations `noticed` or fewer are noticed, if each is with the chance `share`."""
    return sum(
        math.comb(tried, count) * share**count * (1.0 - share) ** (tried - count) for count in range(noticed + 1)
    )


def judge(figures: Figures, tried: dict[str, bool], least: float) -> None:
    """`tried`: for each alteration whether a test noticed it."""
    noticed, chance = sum(tried.values()), at_most(sum(tried.values()), len(tried), least)
    by_module = Counter(name.rpartition(".x")[0].removeprefix("faceauthd.") for name in tried)
    figures.number("alterations drawn and tried, by module", dict(sorted(by_module.items())))
    figures.number("noticed", f"{noticed} of {len(tried)}")
    figures.number(f"chance of so few, were it {least:.0%}", f"{chance:.3f}")
    if len(tried) < FEWEST:
        figures.skip(f"a verdict: only {len(tried)} alterations could be tried in the time, {FEWEST} are needed")
    elif chance < DOUBT:
        figures.violation(f"{noticed} of {len(tried)} alterations were noticed: that is less than {least:.0%}")


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_names(sys.argv[1:])))
