"""A gallery is what a dictionary would be, whatever is done to it, and matches as a full search does."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, multiple, rule
from numpy.typing import NDArray

from faceauthd.errors import GalleryError, GalleryRefused
from faceauthd.gallery import Gallery
from faceauthd.gallery.match import NOBODY, Matcher
from faceauthd.gallery.names import check_name, name_key
from faceauthd.types import NewTemplate, Role
from tests.gallery_kit import EMBEDDER, templates, unit_vectors

MEMORY = Path("/dev/shm")
HOME = MEMORY if MEMORY.is_dir() else None
NAMES = st.sampled_from(
    ["alice", "Alice", "ALICE", "bob", "Zoe\u0308", "zo\u00eb", "Straße", "STRASSE", "李", "person-2"]
)
COUNTS = st.integers(1, 5)


class GalleryMachine(RuleBasedStateMachine):
    """The model: by name key, the name as given and the vectors; and who is disabled."""

    people = Bundle("people")

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp(dir=HOME))
        self.model: dict[str, tuple[str, list[NDArray[np.float32]]]] = {}
        self.disabled: set[str] = set()
        self.seed = 0
        self.gallery = self.opened()

    def opened(self) -> Gallery:
        return Gallery.open(self.folder / "gallery", embedder_id=EMBEDDER, first_capacity=2, on_repair=pytest.fail)

    def fresh(self, count: int) -> tuple[NewTemplate, ...]:
        self.seed += 1
        return templates(self.seed, count)

    @rule(target=people, name=NAMES, count=COUNTS)
    def enroll(self, name: str, count: int) -> object:
        new = self.fresh(count)
        if name_key(name) in self.model:
            with pytest.raises(GalleryRefused):
                self.gallery.enroll(name, Role.MEMBER, new, now=1.0)
            return multiple()
        self.gallery.enroll(name, Role.MEMBER, new, now=1.0)
        self.model[name_key(name)] = (check_name(name), [template.probe for template in new])
        return name

    @rule(target=people, count=COUNTS)
    def enroll_nameless(self, count: int) -> str:
        name = self.gallery.next_name()
        self.enroll(name, count)
        return name

    @rule(name=people, count=COUNTS)
    def add(self, name: str, count: int) -> None:
        person = self.gallery.person(name)
        if person:
            new = self.fresh(count)
            self.gallery.add_templates(person.id, new, now=2.0)
            self.model[name_key(name)][1].extend(template.probe for template in new)

    @rule(target=people, old=consumes(people), new=NAMES)
    def rename(self, old: str, new: str) -> str:
        key, new_key = name_key(old), name_key(new)
        if key not in self.model or (new_key in self.model and new_key != key):
            with pytest.raises(GalleryRefused):
                self.gallery.rename(old, new)
            return old
        self.gallery.rename(old, new)
        _, vectors = self.model.pop(key)
        self.model[new_key] = (check_name(new), vectors)
        if key in self.disabled:
            self.disabled = self.disabled - {key} | {new_key}
        return new

    @rule(name=people, is_disabled=st.booleans())
    def disable(self, name: str, is_disabled: bool) -> None:
        key = name_key(name)
        if key in self.model:
            self.gallery.set_disabled(name, is_disabled=is_disabled)
            self.disabled = self.disabled | {key} if is_disabled else self.disabled - {key}

    @rule(name=consumes(people))
    def remove(self, name: str) -> None:
        key = name_key(name)
        if key not in self.model:
            with pytest.raises(GalleryRefused):
                self.gallery.remove(name)
            return
        self.gallery.remove(name)
        del self.model[key]
        self.disabled.discard(key)

    @rule()
    def reopen(self) -> None:
        self.gallery.close()
        self.gallery = self.opened()

    @rule()
    def read(self) -> None:
        with Gallery.open(
            self.folder / "gallery", embedder_id=EMBEDDER, read_only=True, on_repair=pytest.fail
        ) as reader:
            assert reader.people() == self.gallery.people()
            self.check_matches(reader)

    @invariant()
    def lists_whom_the_model_lists(self) -> None:
        listed = {person.name: person.templates for person in self.gallery.people()}
        assert listed == {name: len(vectors) for name, vectors in self.model.values()}
        assert {name_key(person.name) for person in self.gallery.people() if person.rules.is_disabled} == self.disabled
        assert not self.gallery.quarantined

    @invariant()
    def matches_as_a_full_search_does(self) -> None:
        self.check_matches(self.gallery)

    @invariant()
    def holds_these_rows_and_no_others(self) -> None:
        matrix = np.load(self.folder / "gallery" / "embeddings.npy", mmap_mode="r")
        rows = sorted(row.tobytes() for row in matrix if row.any())
        assert rows == sorted(vector.tobytes() for _, vectors in self.model.values() for vector in vectors)

    def check_matches(self, gallery: Gallery) -> None:
        counted = {key: vectors for key, (_, vectors) in self.model.items()}
        probes = unit_vectors(self.seed + 1000, 2)
        known = [vector for vectors in counted.values() for vector in vectors]
        if known:
            near = known[-1] + 0.05 * probes[0] * 512**0.5 / 10
            probes = np.concatenate([probes, np.asarray(near / np.linalg.norm(near), np.float32)[None]])
        ids = {key: person.id for key in counted if (person := gallery.person(self.model[key][0]))}
        assert gallery.matcher.templates == len(known)
        for probe, match in zip(probes, gallery.matcher.best(probes), strict=True):
            best = sorted(
                (
                    (max(float(v.astype(np.float64) @ probe) for v in vectors), ids[key])
                    for key, vectors in counted.items()
                ),
                reverse=True,
            )
            if not best:
                assert match is None
                continue
            assert match is not None
            assert match.score == pytest.approx(best[0][0], abs=2e-6)
            assert match.runner_up == pytest.approx(best[1][0] if len(best) > 1 else -1.0, abs=2e-6)
            assert match.person_id == best[0][1]

    def teardown(self) -> None:
        if hasattr(self, "gallery"):
            self.gallery.close()
            shutil.rmtree(self.folder)


GalleryMachine.TestCase.settings = settings(
    max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
TestGallery = GalleryMachine.TestCase


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 2**32), rows=st.integers(1, 60), people=st.integers(1, 12), probes=st.integers(1, 4))
def test_the_matcher_is_exact(seed: int, rows: int, people: int, probes: int) -> None:
    """Against a search in float64, one row at a time, with free rows, junk in free rows, and near doubles."""
    dice = np.random.default_rng(seed)
    matrix = unit_vectors(seed % 1000, rows)
    twins = dice.integers(0, rows, (2, rows // 3))
    matrix[twins[0]] = matrix[twins[1]]
    owners = dice.integers(0, people + 1, rows)
    matrix[(owners == NOBODY) & (dice.random(rows) < 0.3)] = np.nan
    asked = np.asarray(unit_vectors(seed % 997 + 1000, probes) + 3 * matrix[dice.integers(0, rows, probes)])
    asked = np.where(np.isfinite(asked), asked, unit_vectors(1, 1))
    asked = np.asarray(asked / np.linalg.norm(asked, axis=1, keepdims=True), np.float32)
    matcher = Matcher()
    matcher.point_at(matrix, owners)
    exact = asked.astype(np.float64) @ np.nan_to_num(matrix).astype(np.float64).T
    for scores, match in zip(exact, matcher.best(asked), strict=True):
        of_people = {person: scores[owners == person].max() for person in set(owners.tolist()) - {NOBODY}}
        if not of_people:
            assert match is None
            continue
        assert match is not None
        first, *others = sorted(of_people.values(), reverse=True)
        assert match.score == pytest.approx(first, abs=2e-6)
        assert of_people[match.person_id] == pytest.approx(first, abs=2e-6)
        assert match.runner_up == pytest.approx(others[0] if others else -1.0, abs=2e-6)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], dict[str, bytes]]:
    """The files of a gallery of three people, one of whom was removed, as a kill leaves them: with their log."""
    folder = tmp_path_factory.mktemp("sample") / "gallery"
    with Gallery.open(folder, embedder_id=EMBEDDER, first_capacity=4) as gallery:
        gallery.enroll("carol", Role.MEMBER, templates(3, 2), now=1.0)
        gallery.enroll("alice", Role.ADMIN, templates(1, 2), now=1.0)
        gallery.remove("carol")
        gallery.enroll("bob", Role.MEMBER, templates(2, 1), now=1.0)
        kept = [path for path in folder.iterdir() if path.suffix in (".npy", ".sqlite3", ".sqlite3-wal")]
        files = {path.name: path.read_bytes() for path in kept}
    return lambda: dict(files)  # hypothesis prints its arguments, and shall not print these bytes


DAMAGE = st.tuples(
    st.sampled_from(["embeddings.npy", "people.sqlite3", "people.sqlite3-wal"]),
    st.sampled_from(["flip", "zero", "cut", "shift"]),
    st.floats(0, 1, exclude_max=True),
    st.integers(0, 7),
)


def damaged(raw: bytes, how: str, where: float, bit: int) -> bytes:
    at = int(where * len(raw))
    if how == "flip":
        return raw[:at] + bytes([raw[at] ^ 1 << bit]) + raw[at + 1 :] if raw else raw
    if how == "zero":
        return raw[:at] + bytes(len(raw[at : at + 512])) + raw[at + 512 :]
    return raw[:at] if how == "cut" else raw[:at] + b"\x2a" + raw[at:]


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@example(damages=[("people.sqlite3", "flip", 0.09375, 7)])  # SQLite's message then quotes bytes that are no UTF-8
@given(damages=st.lists(DAMAGE, min_size=1, max_size=3))
def test_no_damage_lets_anybody_in_who_is_not_enrolled(
    sample: Callable[[], dict[str, bytes]], damages: list[tuple[str, str, float, int]]
) -> None:
    """It is refused in one line, or it opens and knows nobody but alice and bob, each by their own face only."""
    with tempfile.TemporaryDirectory(dir=HOME) as home:
        files = sample()
        for name, how, where, bit in damages:
            files[name] = damaged(files[name], how, where, bit)
        for name, raw in files.items():
            Path(home, name).write_bytes(raw)
        told: list[str] = []
        try:
            gallery: Gallery | None = Gallery.open(Path(home), embedder_id=EMBEDDER, on_repair=told.append)
        except GalleryError as error:
            told, gallery = [str(error)], None
        assert not any("\n" in line for line in told)
        if gallery is None:
            return
        with gallery:
            for seed, names in ((1, {"alice"}), (2, {"bob"}), (3, set())):
                for match in gallery.matcher.best(unit_vectors(seed, 2)):
                    person = gallery.person_by_id(match.person_id) if match and match.score > 0.3 else None
                    assert person is None or person.name in names
                    assert person is None or person.role == (Role.ADMIN if seed == 1 else Role.MEMBER)
