"""The deciding code altered a little at a time by mutmut: at least nine of ten alterations have to make a test fail.

Runs on a copy of the checkout. What no test reaches at all counts as survived. The survivors are listed, with what was
altered; docs/reliability.md explains those of the long form. mutmut leaves alone what stands outside of functions
(constants, defaults of fields) and what is decorated (properties): `not altered` in the figures.
"""

from __future__ import annotations

import ast
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tests.suites import mutants_sample as sample
from tests.suites.figures import Figures

ROOT = Path(__file__).parents[2]
LEAST = 0.90
NOTICED = frozenset({"killed", "timeout", "segfault"})
NOT_TRIED = frozenset({"skipped", "not checked"})
SAMPLE_S = 170.0
"""What the short form's run of mutmut may take; the copying and drawing before it take some seconds."""
MANY_S = 7200.0
"""What it may take for a number that was asked for."""
COPIED = ("faceauthd", "tests", "config", "systemd", "tools", "docs")


@dataclass(frozen=True)
class Group:
    """Modules that are altered, the tests that are to notice, and what they may take in the long form."""

    name: str
    modules: tuple[str, ...]
    tests: tuple[str, ...]
    limit_s: float


DECIDING_TESTS = (
    "unit/test_evidence*.py",
    "unit/test_threshold.py",
    "unit/test_curve.py",
    "unit/test_tail.py",
    "unit/test_lockout.py",
    "unit/test_presentation.py",
    "unit/test_decision_edges.py",
    "unit/test_not_a_number.py",
    "unit/test_gate*.py",
)
GROUPS = (
    Group("evidence, threshold", ("evidence", "threshold"), DECIDING_TESTS, 1800.0),
    Group(
        "enrolment, tracks, lockout, presentation, challenge",
        ("enrolment", "tracks", "lockout", "presentation", "challenge"),
        DECIDING_TESTS,
        1800.0,
    ),
    Group("rules", ("rules",), ("unit/test_rules.py", "unit/test_decision_edges.py"), 1800.0),
    Group(
        "gate, contacts, button",
        ("gate/*", "contacts", "button"),
        (*DECIDING_TESTS, "unit/test_daemon.py", "unit/test_button.py", "unit/test_contacts.py", "unit/test_verif*.py"),
        5400.0,
    ),
    Group(
        "gallery commit (pair)",
        ("gallery/pair",),
        (
            "unit/test_gallery_store.py",
            "unit/test_gallery_damage.py",
            "unit/test_gallery_edges.py",
            "unit/test_gallery_renewal.py",
            "integration/test_gallery_crash.py",
        ),
        3600.0,
    ),
)


def try_group(figures: Figures, group: Group) -> None:
    """Alter the group's modules, pass its tests; a share below nine of ten is a violation."""
    with tempfile.TemporaryDirectory() as home:
        copied = Path(home) / "checkout"
        copy(copied, group)
        out = _mutmut(copied, [], group.limit_s)
        if out is None:
            figures.skip(f"{group.name}: it took longer than {group.limit_s:.0f} s; the figures are of what was tried")
        told = outcomes(copied / "mutants")
        changes = [(name, change(copied, name)) for name, how in told.items() if how not in NOTICED | NOT_TRIED]
    tried = {name: how for name, how in told.items() if how not in NOT_TRIED}
    if not tried:
        figures.violation(f"{group.name}: mutmut gave no figures: {(out or '')[-300:]}")
        return
    noticed = sum(how in NOTICED for how in tried.values())
    share = noticed / len(tried)
    figures.number(f"{group.name}: altered, noticed", f"{len(tried)}, {noticed} ({share:.1%})")
    kinds = Counter(how for how in tried.values() if how != "killed")
    figures.number(f"{group.name}: of these", dict(sorted(kinds.items())) or "all killed")
    figures.table(("survived", "was", "became"), [(name.removeprefix("faceauthd."), *each) for name, each in changes])
    figures.number(f"{group.name}: properties, not altered", properties(group))
    if share < LEAST:
        figures.violation(f"{group.name}: {share:.1%} of {len(tried)} were noticed, {LEAST:.0%} are asked for")


def try_sample(figures: Figures, seed: int, count: int = sample.DRAWN, limit_s: float = SAMPLE_S) -> None:
    """Some alterations of all groups at once, with all their tests but the laboratory's of power cuts."""
    modules = tuple(dict.fromkeys(module for group in GROUPS for module in group.modules))
    tests = dict.fromkeys(test for group in GROUPS for test in group.tests if test.startswith("unit/"))
    everything = Group("all", modules, tuple(tests), limit_s)
    with tempfile.TemporaryDirectory() as home:
        copied = Path(home) / "checkout"
        copy(copied, everything)
        names = sample.names_of(copied, modules)
        figures.number("alterations there are", len(names))
        wanted = sample.drawn(names, seed, count)
        out = _mutmut(copied, wanted, everything.limit_s)
        told = {name: how for name, how in outcomes(copied / "mutants").items() if name in set(wanted)}
        tried = {name: how for name, how in told.items() if how not in NOT_TRIED}
        changes = [(name, change(copied, name)) for name, how in tried.items() if how not in NOTICED]
    if out is not None and not tried:
        figures.violation(f"mutmut gave no figures: {out[-300:]}")
    if out is None:
        figures.skip(f"{len(wanted) - len(tried)} of {len(wanted)} drawn: the {limit_s:.0f} s were over")
    figures.table(("survived", "was", "became"), [(name.removeprefix("faceauthd."), *each) for name, each in changes])
    sample.judge(figures, {name: how in NOTICED for name, how in tried.items()}, LEAST)


def _mutmut(copied: Path, names: list[str], limit_s: float) -> str | None:
    """What it said; None if it did not end in time."""
    jobs = os.environ.get("FACEAUTHD_TEST_JOBS", "2")
    command = [sys.executable, "-m", "mutmut", "run", "--max-children", jobs, *names]
    with subprocess.Popen(
        command, cwd=copied, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    ) as process:
        try:
            said, _ = process.communicate(timeout=limit_s)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)  # those that try an alteration are forked from it
            return None
    return said


def outcomes(folder: Path) -> dict[str, str]:
    """What became of each alteration, by its name, in mutmut's words."""
    from mutmut.stats import status_by_exit_code

    found: dict[str, str] = {}
    for path in sorted(folder.rglob("*.meta")):
        codes = json.loads(path.read_text())["exit_code_by_key"]
        found |= {name: status_by_exit_code[code] for name, code in codes.items()}
    return found


def change(copied: Path, name: str) -> tuple[str, str]:
    """The lines that an alteration changes, and what it makes of them."""
    show = [sys.executable, "-m", "mutmut", "show", name]
    diff = subprocess.run(show, cwd=copied, capture_output=True, text=True, check=False).stdout.splitlines()
    lines = [line for line in diff if not line.startswith(("---", "+++"))]
    was, became = ("; ".join(line[1:].strip() for line in lines if line.startswith(sign)) for sign in "-+")
    return was.replace("|", "\\|"), became.replace("|", "\\|")


def properties(group: Group) -> int:
    """How many functions are decorated, which mutmut leaves alone."""
    trees = [
        ast.parse(path.read_text()) for module in group.modules for path in (ROOT / "faceauthd").glob(f"{module}.py")
    ]
    return sum(
        isinstance(node, ast.FunctionDef) and bool(node.decorator_list) for tree in trees for node in ast.walk(tree)
    )


def copy(target: Path, group: Group) -> None:
    """What mutmut needs of the checkout, with its settings; the models are not copied."""
    target.mkdir()
    for name in COPIED:
        shutil.copytree(ROOT / name, target / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "dev"):
        shutil.copy(ROOT / name, target / name)
    (target / "models").symlink_to(ROOT / "models")
    found = {test: sorted((ROOT / "tests").glob(test)) for test in group.tests}
    assert all(found.values()), f"no test is called {[test for test, paths in found.items() if not paths]}"
    tests = [path for paths in found.values() for path in paths]
    chosen = {
        "source_paths": ["faceauthd"],
        "only_mutate": [f"faceauthd/{module}.py" for module in group.modules],
        "pytest_add_cli_args_test_selection": [str(path.relative_to(ROOT)) for path in dict.fromkeys(tests)],
        "also_copy": ["models", "config", "systemd", "tools", "docs"],
        "use_git_change_detection": False,
    }
    text = "".join(f"{key} = {json.dumps(value)}\n" for key, value in chosen.items())
    with (target / "pyproject.toml").open("a") as file:
        file.write(f"\n[tool.mutmut]\n{text}")


def run(figures: Figures, *, is_long: bool, seed: int) -> None:
    """The long form tries all of each group, for hours; with `FACEAUTHD_MUTANTS=rules` of those of such a name, and
    with a number so many, drawn at random from all.
    """
    wanted = os.environ.get("FACEAUTHD_MUTANTS", "")
    if not is_long:
        try_sample(figures, seed)
        return
    if wanted.isdigit():
        try_sample(figures, seed, int(wanted), MANY_S)
        return
    for group in GROUPS:
        if wanted in group.name:
            try_group(figures, group)
