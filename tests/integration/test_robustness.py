"""Bad conditions and the door: what is mended is mended, and a rate is of what it says it is of."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from faceauthd.evaluation.degrade import CONDITIONS
from faceauthd.evaluation.pairs import Pair
from faceauthd.evaluation.robustness import Trial, Who, one_pair_each, rows_of, try_out
from faceauthd.evaluation.robustness_table import as_html, as_json, as_lines
from faceauthd.picture import load_picture, save_picture
from faceauthd.resources import shipped
from faceauthd.types import Quality, Reason
from faceauthd.vision.pack import ModelPack

GOOD, POOR = Quality(1.0), Quality(0.1, (Reason.BLURRED,))


@pytest.fixture(scope="module")
def pack() -> ModelPack:
    return ModelPack.open(shipped("models"))


def test_one_pair_of_each_person_evenly_over_the_names() -> None:
    pairs = [Pair(0, f"p{who}/{n}.jpg", f"p{who}/{n + 1}.jpg", same=True) for who in range(9) for n in (1, 2)]
    pairs.append(Pair(0, "p1/1.jpg", "p2/1.jpg", same=False))
    assert [pair.a for pair in one_pair_each(pairs, 3, Who.ALL)] == ["p0/1.jpg", "p3/1.jpg", "p6/1.jpg"]
    assert len(one_pair_each(pairs, 100, Who.ALL)) == 9


def test_each_rate_is_of_what_its_name_says() -> None:
    trials = [
        Trial(0, "a", 0.7, GOOD, 0.2, 0.1),
        Trial(0, "b", 0.5, GOOD, None, 0.3),
        Trial(0, "c", 0.7, POOR, 0.7, None),
        Trial(0, "d", None, None, None, None),
    ]
    (row,) = rows_of(trials, 0.6, CONDITIONS[:1])
    counts = {key: (rate["count"], rate["of"]) for key, rate in as_json([row])[0].items() if isinstance(rate, dict)}
    assert counts == {
        "no_face": (1, 4),
        "refused": (1, 3),
        "missed": (1, 2),
        "missed_all": (1, 3),
        "not_through": (3, 4),
        "plain_not_matched": (3, 4),
        "not_matched": (2, 4),
    }
    assert row.highest_impostor == 0.3
    assert "0.25" in as_lines([row])[2]
    assert as_html([row]).count("<tr>") == 2


def test_a_dark_face_is_found_and_known_again_by_what_is_mended(tmp_path: Path, pack: ModelPack) -> None:
    """Of the two sample faces, at a thirtieth of the light."""
    for name in ("astronaut", "hopper"):
        (tmp_path / name).mkdir()
        for number in "12":
            save_picture(load_picture(shipped("faces") / f"{name}.jpg"), tmp_path / name / f"{number}.png")
    pairs = [Pair(0, f"{name}/1.png", f"{name}/2.png", same=True) for name in ("astronaut", "hopper")]
    dark = [one for one in CONDITIONS if one.name in ("", "1/30")]

    trials = try_out(tmp_path, pairs, pack, iter, dark)

    assert len(trials) == 4
    well, mended = trials[0], [trial for trial in trials if trial.condition == 1]
    assert well.score == well.plain == pytest.approx(1.0, abs=1e-3), "in good light nothing is done"
    for trial in mended:
        assert trial.score is not None
        assert trial.score > 0.6
        assert trial.score > (trial.plain or 0.0) + 0.03
    assert all(trial.impostor is None or trial.impostor < 0.4 for trial in trials)
    assert np.isfinite([trial.score for trial in trials]).all()
