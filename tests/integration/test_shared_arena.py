"""The models share one arena: opened again and again in one process, and together, they answer as before."""

from __future__ import annotations

import numpy as np

from faceauthd.resources import shipped
from faceauthd.vision.embed import Embedder
from faceauthd.vision.pack import ModelPack


def test_packs_opened_again_and_together_answer_alike() -> None:
    pixels = np.random.default_rng(3).integers(0, 256, (1, 240, 320, 3), dtype=np.uint8)
    packs = [ModelPack.open(shipped("models")) for _ in range(3)]
    answers = [pack.detector.run(pixels) for pack in packs]
    del packs[0]
    answers += [pack.detector.run(pixels) for pack in packs]
    for answer in answers[1:]:
        for one, other in zip(answers[0], answer, strict=True):
            assert np.array_equal(one, other)


def test_an_answer_is_not_overwritten_by_the_next_run() -> None:
    pack = ModelPack.open(shipped("models"))
    rng = np.random.default_rng(4)
    first, second = rng.integers(0, 256, (2, 2, 112, 112, 3), dtype=np.uint8)
    (kept,) = pack.embedder.run(first)
    before = kept.copy()
    pack.embedder.run(second)
    pack.liveness.run(rng.integers(0, 256, (1, 128, 128, 3), dtype=np.uint8))
    assert np.array_equal(kept, before)


def test_faces_together_are_embedded_as_each_alone() -> None:
    embedder = Embedder(ModelPack.open(shipped("models")).embedder)
    crops = np.random.default_rng(5).integers(0, 256, (3, 112, 112, 3), dtype=np.uint8)
    together = embedder.embed(crops)
    alone = np.concatenate([embedder.embed(crops[n : n + 1]) for n in range(3)])
    assert together.shape == (3, 512)
    np.testing.assert_allclose(together, alone, atol=1e-6)
    assert embedder.embed(crops[:0]).shape == (0, 512)
