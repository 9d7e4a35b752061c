"""What an export holds comes back as it was, and whatever faceauthd would not have written is refused."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from faceauthd.bundle.content import MOST_TEMPLATES, Bundle, decode, encode
from faceauthd.errors import BundleError
from faceauthd.gallery import Origin
from faceauthd.gallery.taking import Entrant, Kept
from faceauthd.types import Role, Rules
from tests.gallery_kit import EMBEDDER, templates

RULES = Rules(True, 1.8e9, 1.9e9, "Mon-Fri 07:00-19:00")


def entrant(name: str, seed: int, count: int = 2, role: Role = Role.MEMBER, rules: Rules = RULES) -> Entrant:
    kept = tuple(Kept(one, 1.8e9 + seed, Origin.PHOTO) for one in templates(seed, count))
    return Entrant(name, role, 1.7e9, rules, 1.85e9, kept)


BUNDLE = Bundle(EMBEDDER, 1.86e9, (entrant("ann", 1, role=Role.ADMIN), entrant("Böb", 2, rules=Rules())))
Change = Callable[[dict[str, Any]], object]


def altered(change: Change) -> bytes:
    raw = encode(BUNDLE)
    (length,) = struct.unpack_from(">I", raw)
    index = json.loads(raw[4 : 4 + length])
    change(index)
    text = json.dumps(index).encode()
    return struct.pack(">I", len(text)) + text + raw[4 + length :]


def test_everything_comes_back() -> None:
    back = decode(encode(BUNDLE))
    assert back == BUNDLE
    for one, other in zip(back.people, BUNDLE.people, strict=True):
        for kept, was in zip(one.templates, other.templates, strict=True):
            assert np.array_equal(kept.template.probe, was.template.probe)
            assert kept.template.probe.dtype == np.float32


def test_an_altered_index_that_says_the_same_passes() -> None:
    """The refusals below are then of what was altered, not of how this test alters it."""
    assert decode(altered(lambda index: None)) == BUNDLE


@pytest.mark.parametrize(
    "change",
    [
        lambda index: index.update(format=2),
        lambda index: index.pop("people"),
        lambda index: index.update(people={"a": 1}),
        lambda index: index.update(embedder=""),
        lambda index: index.update(made_at=-1),
        lambda index: index.update(made_at=10**400),
        lambda index: index["people"].pop(),
        lambda index: index["people"].reverse() or index["people"][0].update(templates=[]),
        lambda index: index["people"][0].update(name="Böb"),
        lambda index: index["people"][0].update(name="BÖB"),
        lambda index: index["people"][0].update(name="../etc"),
        lambda index: index["people"][0].update(name="a\nb"),
        lambda index: index["people"][0].update(name=5),
        lambda index: index["people"][0].update(role="root"),
        lambda index: index["people"][0].update(disabled=1),
        lambda index: index["people"][0].update(valid_until="soon"),
        lambda index: index["people"][0].update(hours="\x1b[2J"),
        lambda index: index["people"][0].update(hours="x" * 1000),
        lambda index: index["people"][0].update(hours="whenever"),
        lambda index: index["people"][0].update(enrolled_at=True),
        lambda index: index["people"][0].update(enrolled_at=1e300),
        lambda index: index["people"][0]["templates"].append({}),
        lambda index: index["people"][0].update(templates="two"),
        lambda index: index["people"][0]["templates"][0].update(origin="bought"),
        lambda index: index["people"][0]["templates"][0].update(quality=None),
        lambda index: index["people"][0]["templates"][0].update(yaw_deg=1e9),
        lambda index: index["people"][0]["templates"][0].update(made_at=float("nan")),
        lambda index: index["people"][0]["templates"][0].pop("pitch_deg"),
    ],
)
def test_what_we_never_write_is_refused(change: Change) -> None:
    with pytest.raises(BundleError) as caught:
        decode(altered(change))
    assert "\n" not in str(caught.value)


def test_rows_that_are_no_embeddings_are_refused() -> None:
    raw = encode(BUNDLE)
    for row in (np.zeros(512), np.full(512, np.nan), np.full(512, np.inf), np.ones(512)):
        with pytest.raises(BundleError, match="embedding"):
            decode(raw[:-2048] + row.astype("<f4").tobytes())


def test_cut_or_extended_bytes_are_refused() -> None:
    raw = encode(Bundle(EMBEDDER, 1.86e9, (entrant("ann", 1, count=1),)))
    for length in range(len(raw)):
        with pytest.raises(BundleError):
            decode(raw[:length])
    with pytest.raises(BundleError):
        decode(raw + b"\0")


def test_deep_nesting_and_endless_lengths_are_refused() -> None:
    deep = b"[" * 100_000
    for raw in (struct.pack(">I", len(deep)) + deep, struct.pack(">I", 0xFFFFFFFF), bytes(17 << 20)):
        with pytest.raises(BundleError):
            decode(raw)


def test_more_than_may_be_imported_is_not_exported() -> None:
    one = templates(1, 1)[0]
    crowd = tuple(Kept(one, 1.0, Origin.PHOTO) for _ in range(MOST_TEMPLATES + 1))
    many = Entrant("crowd", Role.GUEST, 1.0, Rules(), None, crowd)
    with pytest.raises(BundleError, match=r"4097 templates are too many .* use `faceauthctl backup`"):
        encode(Bundle(EMBEDDER, 1.0, (many,)))
