"""The deciding code altered a little at a time by mutmut: at least nine of ten alterations have to make a test fail.

Runs on a copy of the checkout. The survivors are listed; docs/reliability.md explains those of the long form.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.suites.figures import Figures

ROOT = Path(__file__).parents[2]
LEAST = 0.90
UNITS = ("evidence", "threshold", "lockout", "tracks", "enrolment")
GATE = ("gate/*", "rules", "contacts", "button")
GATE_TESTS = ("unit/test_gate*.py", "unit/test_daemon.py", "unit/test_button.py", "unit/test_contacts.py")
TESTS = (
    *(f"unit/test_{name}.py" for name in ("evidence", "threshold", "lockout", "decision_edges", "not_a_number")),
    "unit/test_enrolment*.py",
    "unit/test_gate*.py",
)
COMMIT = ("gallery/pair",)
COMMIT_TESTS = (
    "unit/test_gallery_store.py",
    "unit/test_gallery_damage.py",
    "unit/test_gallery_edges.py",
    "unit/test_gallery_renewal.py",
    "integration/test_gallery_crash.py",
)


def group(figures: Figures, name: str, modules: tuple[str, ...], tests: tuple[str, ...], limit_s: float) -> None:
    """Alter `modules`, pass `tests`; a share below nine of ten is a violation."""
    with tempfile.TemporaryDirectory() as home:
        copied = Path(home) / "checkout"
        copy(copied)
        chosen = {
            "source_paths": ["faceauthd"],
            "only_mutate": [f"faceauthd/{module}.py" for module in modules],
            "pytest_add_cli_args_test_selection": [
                str(path.relative_to(ROOT)) for test in tests for path in sorted((ROOT / "tests").glob(test))
            ],
            "also_copy": ["models", "config", "systemd", "tools", "docs"],
        }
        text = "".join(f"{key} = {json.dumps(value)}\n" for key, value in chosen.items())
        with (copied / "pyproject.toml").open("a") as file:
            file.write(f"\n[tool.mutmut]\n{text}")
        mutmut = [sys.executable, "-m", "mutmut"]
        try:
            done = subprocess.run(
                [*mutmut, "run"], cwd=copied, capture_output=True, text=True, timeout=limit_s, check=False
            )
            out = done.stdout
        except subprocess.TimeoutExpired:
            out = f"it took longer than {limit_s:.0f} s"
            figures.skip(f"{name}: {out}; the figures are of what was tried by then")
        subprocess.run([*mutmut, "export-cicd-stats"], cwd=copied, capture_output=True, check=False)
        stats = copied / "mutants" / "mutmut-cicd-stats.json"
        if not stats.is_file():
            figures.violation(f"{name}: mutmut gave no figures: {out[-300:]}")
            return
        told = json.loads(stats.read_text())
        listed = subprocess.run([*mutmut, "results"], cwd=copied, capture_output=True, text=True, check=False).stdout
    tried = told["killed"] + told["survived"] + told.get("timeout", 0) + told.get("suspicious", 0)
    killed = told["killed"] + told.get("timeout", 0)
    share = killed / tried if tried else 0.0
    figures.number(f"{name}: altered, noticed", f"{tried}, {killed} ({share:.1%})")
    survivors = [line.split(":")[0].strip() for line in listed.splitlines() if line.strip().endswith("survived")]
    figures.number(f"{name}: survivors", " ".join(each.removeprefix("faceauthd.") for each in survivors) or "none")
    if share < LEAST:
        figures.violation(f"{name}: {share:.1%} of {tried} alterations were noticed, {LEAST:.0%} are asked for")


def copy(target: Path) -> None:
    """What mutmut needs of the checkout; the models are not copied."""
    target.mkdir()
    for name in ("faceauthd", "tests", "config", "systemd", "tools", "docs"):
        shutil.copytree(ROOT / name, target / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "dev"):
        shutil.copy(ROOT / name, target / name)
    (target / "models").symlink_to(ROOT / "models")


def run(figures: Figures, *, is_long: bool, seed: int) -> None:
    """The short form alters what is pure and small; gate and gallery take longer."""
    del seed  # nothing is drawn
    group(figures, "evidence, threshold, lockout, tracks, enrolment", UNITS, TESTS, 1800.0)
    if is_long:
        group(figures, "gate, rules, contacts", GATE, GATE_TESTS, 3600.0)
        group(figures, "gallery commit", COMMIT, COMMIT_TESTS, 3600.0)
