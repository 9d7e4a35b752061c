"""What an earlier faceauthd wrote is still understood; what a newer one wrote is refused and left untouched.

Galleries have tests of their own (test_gallery_versions.py, test_gallery_refused.py).
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml

from faceauthd.adapters.lockout_file import LockoutFile
from faceauthd.bundle import content, sealed
from faceauthd.config import load_config
from faceauthd.config.render import effective_yaml
from faceauthd.errors import BundleError
from faceauthd.types import Role, Rules
from tests.gallery_kit import unit_vectors
from tests.loop_kit import TwoClocks

DATA = Path(__file__).parents[1] / "data"
STORED = DATA / "configurations"
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


@pytest.mark.parametrize("stored", ["1", "1b", "2"])
def test_an_earlier_lockout_goes_on(stored: str) -> None:
    """All of it: how long the machine was off nobody knows, so that time does not count."""
    kept = LockoutFile(DATA / "lockouts" / f"{stored}.json", TwoClocks(), "another boot").load(100.0)
    assert (kept.level, kept.until_s) == (2, 400.0)
    assert kept.refused_at_s == (() if stored == "1" else (90.0,))


def test_a_newer_lockout_is_a_long_one_and_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever it says, and it says that there is none; the file is left as it is, under another name from then on."""
    path = tmp_path / "lockout.json"
    shutil.copyfile(DATA / "lockouts" / "newer.json", path)
    before = path.read_bytes()
    file = LockoutFile(path, TwoClocks(), "a-boot")
    kept = file.load(100.0)
    assert kept.is_on(100.0 + 299.0)
    assert "newer faceauthd" in caplog.text
    assert path.read_bytes() == before
    file.save(kept, 100.0)
    assert path.with_name("lockout.newer-1.json").read_bytes() == before


def test_an_earlier_export_is_opened() -> None:
    raw = (DATA / "exports" / "v1.faceauth").read_bytes()
    bundle = content.decode(sealed.unseal(raw, "a long passphrase"))
    (alice,) = bundle.people
    assert (alice.name, alice.role, alice.rules) == ("alice", Role.ADMIN, Rules(hours="Mon-Fri 07:00-19:00"))
    assert np.array_equal([kept.template.probe for kept in alice.templates], unit_vectors(1, 2))


def test_a_newer_export_is_refused_in_a_line_that_says_so() -> None:
    raw = bytearray((DATA / "exports" / "v1.faceauth").read_bytes())
    raw[len(sealed.MAGIC) + 1] += 1
    with pytest.raises(BundleError, match="install the version that made it"):
        sealed.unseal(bytes(raw), "a long passphrase")
