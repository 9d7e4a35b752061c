"""Pairs in: every mistake named with file, line and remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from faceauthd.errors import EvaluationError
from faceauthd.evaluation.pairs import Pair, pictures_of, read_pairs

HEAD = "fold,a,b,same\n"
GOOD = "0,x/1.jpg,x/2.jpg,1\n1,x/1.jpg,y/1.jpg,0\n"


def written(folder: Path, text: str) -> Path:
    path = folder / "pairs.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_pairs_are_read_whatever_the_order_of_columns(tmp_path: Path) -> None:
    path = written(tmp_path, "\ufeffsame,b,a,note,fold\n1,x/2.jpg,x/1.jpg,hm,0\n0,y/1.jpg,x/1.jpg,,1\n")

    assert read_pairs(path) == [Pair(0, "x/1.jpg", "x/2.jpg", True), Pair(1, "x/1.jpg", "y/1.jpg", False)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no column fold, a, b, same; the first line must name fold,a,b,same"),
        ("fold,a,b\n0,x,y\n", "no column same"),
        (HEAD, "0 pairs in fewer than two folds"),
        (HEAD + "0,x,y,1\n0,x,z,0\n", "2 pairs in fewer than two folds"),
        (HEAD + "0,x,y,1\n1,x,z,1\n", "all pairs are of one kind"),
        (HEAD + GOOD + "two,x,y,1\n", r"pairs\.csv:4: fold is 'two'"),
        (HEAD + GOOD + "2,x,y,yes\n", r"pairs\.csv:4: same is 'yes'"),
        (HEAD + GOOD + "2,x,,1\n", r"pairs\.csv:4: a picture is missing"),
        (HEAD + GOOD + "2,x\n", r"pairs\.csv:4: same is ''"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(EvaluationError, match=message) as caught:
        read_pairs(written(tmp_path, text))
    assert "\n" not in str(caught.value)


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    binary = tmp_path / "pairs.csv"
    binary.write_bytes(b"fold,a,b,same\n\xff\xfe")

    with pytest.raises(EvaluationError, match="not a CSV file in UTF-8"):
        read_pairs(binary)
    with pytest.raises(EvaluationError, match="cannot be read: No such file"):
        read_pairs(tmp_path / "gone.csv")


def test_missing_pictures_are_counted_and_the_first_named(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").touch()
    pairs = [Pair(0, "a.jpg", f"{name}.jpg", True) for name in "bcdef"]

    with pytest.raises(EvaluationError, match=r"5 of 6 pictures are not there \(b\.jpg, c\.jpg, d\.jpg, \.\.\.\)"):
        pictures_of(pairs, tmp_path)
    with pytest.raises(EvaluationError, match="no such folder"):
        pictures_of(pairs, tmp_path / "nowhere")
    assert pictures_of([Pair(0, "a.jpg", "a.jpg", True)], tmp_path) == ["a.jpg"]
