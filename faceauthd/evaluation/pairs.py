"""Labelled pairs of pictures: a CSV file with the columns fold, a, b and same."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING

from faceauthd.errors import EvaluationError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

COLUMNS = ("fold", "a", "b", "same")
_NAMED = 3
"""So many of the missing pictures are named in the error; the rest are counted."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two pictures, paths below the pictures' folder, and whether they show one person."""

    fold: int
    a: str
    b: str
    same: bool


def read_pairs(path: Path) -> list[Pair]:
    """Every pair of the file. Raises EvaluationError naming file, line and remedy."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = csv.DictReader(file)
            missing = [column for column in COLUMNS if column not in (rows.fieldnames or ())]
            if missing:
                raise EvaluationError(
                    f"{path}: no column {', '.join(missing)}; the first line must name {','.join(COLUMNS)}"
                )
            pairs = [_pair(row, f"{path}:{rows.line_num}") for row in rows]
    except OSError as error:
        raise EvaluationError(f"{path}: cannot be read: {error.strerror}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise EvaluationError(f"{path}: not a CSV file in UTF-8 ({error}); export it again") from error
    _refuse_useless(path, pairs)
    return pairs


def pictures_of(pairs: Iterable[Pair], folder: Path) -> list[str]:
    """Every picture the pairs name, once, sorted. Raises EvaluationError if one is not a file in `folder`."""
    if not folder.is_dir():
        raise EvaluationError(f"{folder}: no such folder; --images takes the folder that the pairs' paths start in")
    names = sorted({name for pair in pairs for name in (pair.a, pair.b)})
    missing = [name for name in names if not (folder / name).is_file()]
    if missing:
        some = ", ".join(missing[:_NAMED]) + (", ..." if len(missing) > _NAMED else "")
        count = f"{len(missing)} of {len(names)}"
        raise EvaluationError(f"{folder}: {count} pictures are not there ({some}); check --images")
    return names


def _pair(row: dict[str, str | None], where: str) -> Pair:
    fold, a, b, same = (row[column] or "" for column in COLUMNS)
    if not fold.strip().isdecimal():
        raise EvaluationError(f"{where}: fold is '{fold}'; it must be a whole number from 0")
    if same.strip() not in ("0", "1"):
        raise EvaluationError(f"{where}: same is '{same}'; it must be 1 for one person and 0 for two")
    if not a or not b:
        raise EvaluationError(f"{where}: a picture is missing; a and b each name one")
    return Pair(int(fold), a, b, same.strip() == "1")


def _refuse_useless(path: Path, pairs: list[Pair]) -> None:
    if len({pair.fold for pair in pairs}) < 2:
        raise EvaluationError(f"{path}: {len(pairs)} pairs in fewer than two folds; accuracy needs two folds or more")
    if len({pair.same for pair in pairs}) < 2:
        raise EvaluationError(f"{path}: all pairs are of one kind; it takes pairs of one person and pairs of two")
