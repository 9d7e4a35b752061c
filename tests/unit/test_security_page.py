"""Every test that docs/security.md and docs/reliability.md name exists, so that no promise points at nothing."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NAMED = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")


def named(page: str) -> list[tuple[str, str]]:
    return NAMED.findall((ROOT / "docs" / page).read_text())


def defined_in(path: Path) -> set[str]:
    tree = ast.parse(path.read_text())
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)} | {
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def missing(pairs: list[tuple[str, str]]) -> list[str]:
    return [
        f"{file}::{test}"
        for file, test in pairs
        if not (ROOT / file).is_file() or (test and test not in defined_in(ROOT / file))
    ]


@pytest.mark.parametrize("page", ["security.md", "reliability.md"])
def test_every_named_test_exists(page: str) -> None:
    assert missing(named(page)) == []


def test_the_security_page_names_many() -> None:
    assert len({pair for pair in named("security.md") if pair[1].startswith("test_")}) >= 30


def test_a_name_that_there_is_not_would_be_seen() -> None:
    assert missing([("tests/unit/test_security_page.py", "test_that_nobody_wrote"), ("tests/unit/none.py", "")]) == [
        "tests/unit/test_security_page.py::test_that_nobody_wrote",
        "tests/unit/none.py::",
    ]


def test_every_row_of_a_promise_names_what_holds_it() -> None:
    """Each table with a column 'held by' has a test in each row."""
    lines = (ROOT / "docs" / "security.md").read_text().splitlines()
    heads = [number for number, line in enumerate(lines) if line.endswith("held by |")]
    assert heads
    for head in heads:
        rows = _rows(lines, head + 2)
        assert rows
        assert [row for row in rows if not NAMED.search(row.rpartition(" | ")[2])] == []


def _rows(lines: list[str], first: int) -> list[str]:
    rows = []
    for line in lines[first:]:
        if not line.startswith("|"):
            break
        rows.append(line)
    return rows
