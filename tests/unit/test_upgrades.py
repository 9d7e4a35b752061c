"""What an earlier faceauthd wrote is still understood; what a newer one wrote is refused and left untouched.

Galleries have tests of their own (test_gallery_versions.py, test_gallery_refused.py), the lockout file too
(test_lockout_file.py).
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from faceauthd.config import load_config
from faceauthd.config.render import effective_yaml

STORED = Path(__file__).parents[1] / "data" / "configurations"
EARLIER = sorted(STORED.glob("*.yaml"))


def leaves(tree: object, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], object]:
    if not isinstance(tree, dict) or not tree:
        return {path: tree}
    return {at: value for key, inner in tree.items() for at, value in leaves(inner, (*path, str(key))).items()}


def test_there_are_some() -> None:
    assert len(EARLIER) >= 2


@pytest.mark.parametrize("stored", EARLIER, ids=lambda path: path.stem)
def test_an_earlier_configuration_is_taken_and_means_what_it_says(stored: Path) -> None:
    loaded = load_config(stored, env={"HOME": "/h"})
    said = leaves(yaml.safe_load(stored.read_text()))
    means = leaves(yaml.safe_load(effective_yaml(loaded)))
    assert len(said) > 40
    gone = [at for at in said if at not in means and not any(other[: len(at)] == at for other in means)]
    assert gone == []
    other = [at for at, value in said.items() if at in means and _plain(means[at]) != _plain(value)]
    assert other == []


def _plain(value: object) -> object:
    """Numbers as numbers; a path may be shown as where it leads."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, str) and re.fullmatch(r"-?\d+(\.\d+)?(e-?\d+)?", value):
        return float(value)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else value
