"""An import, from the client's file to the commit: what it would change, what it changes, and what refuses it."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from faceauthd.bundle.content import Bundle, encode
from faceauthd.control.peers import Peer
from faceauthd.control.request import Request
from faceauthd.control.verbs import Call, parse
from faceauthd.desk import moving
from faceauthd.desk.moving import ImportWait
from faceauthd.errors import GalleryError
from faceauthd.gallery import Gallery, Origin
from faceauthd.gallery.room import MOST_TEMPLATES
from faceauthd.gallery.taking import Entrant, Kept
from faceauthd.gate import Gate, Mode
from faceauthd.register import Register
from faceauthd.types import Event, NewTemplate, Role, Rules
from tests.fakes import FakeClock
from tests.gallery_kit import EMBEDDER, templates, unit_vectors

CURVE = [(1e-2, 0.24), (1e-3, 0.34), (1e-4, 0.42), (1e-5, 0.48)]
PATIENCE_S = 60.0
Answer = dict[str, Any]


def near(template: NewTemplate, seed: int) -> NewTemplate:
    """Another look of the same face: cosine 0.8."""
    across = unit_vectors(seed, 1)[0] - template.probe * float(unit_vectors(seed, 1)[0] @ template.probe)
    across /= np.linalg.norm(across)
    return replace(template, probe=np.asarray(0.8 * template.probe + 0.6 * across, np.float32))


def entrant(
    name: str, faces: Sequence[NewTemplate], role: Role = Role.MEMBER, origins: Sequence[Origin] = ()
) -> Entrant:
    """As an enrolment took them, if no origins are given."""
    each = origins or [Origin.ENROLLED] * len(faces)
    kept = (Kept(one, 1e9, origin) for one, origin in zip(faces, each, strict=True))
    return Entrant(name, role, 1e9, Rules(), None, tuple(kept))


@dataclass
class Box:
    """A gallery with a desk's imports before it."""

    register: Register
    gallery: Gallery
    journal: list[Event]

    def ask(self, *people: Entrant, embedder: str = EMBEDDER, **args: object) -> ImportWait:
        return self.ask_raw(encode(Bundle(embedder, 2e9, people)), **args)

    def ask_raw(self, raw: bytes, **args: object) -> ImportWait:
        fd = os.memfd_create("import")
        os.write(fd, raw)
        call = parse(json.dumps({"id": 1, "do": "import", **args}).encode())
        assert isinstance(call, Call), call
        self.answers: list[Answer] = []
        post = lambda _request, line, _last: self.answers.append(json.loads(line))  # noqa: E731
        request = Request(call, Peer(0, 0, 77), (fd,), post)
        return ImportWait(request, self.register, self.register.folder, self.journal.append)

    def answer(self, waiting: ImportWait, state: Gate | None = None) -> Answer:
        until_s = time.monotonic() + PATIENCE_S
        while not waiting.is_over and time.monotonic() < until_s:
            assert waiting.follow(state or Gate(), 5.0) is None
            time.sleep(0.002)
        (answer,) = self.answers
        told = answer["result"] if answer["ok"] else answer["error"]
        assert isinstance(told, dict)
        return told

    def of(self, *people: Entrant, **args: object) -> Answer:
        return self.answer(self.ask(*people, **args))

    def names(self) -> list[str]:
        return [person.name for person in self.gallery.people()]


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    with Gallery.open(tmp_path / "gallery", embedder_id=EMBEDDER, first_capacity=8) as gallery:
        register = Register(gallery, CURVE, 1e-4, FakeClock())
        register.enroll("ann", Role.ADMIN, templates(1, 2))
        yield Box(register, gallery, [])


def changes(told: Answer) -> list[tuple[str, str, int]]:
    return [(one["name"], one["change"], one["templates"]) for one in told["people"]]


def test_a_preview_tells_and_changes_nothing(box: Box) -> None:
    people = entrant("ANN", (*templates(1, 2), near(templates(1, 1)[0], 50))), entrant("ben", templates(2, 3))
    told = box.of(*people, dry_run=True)
    assert changes(told) == [("ANN", "merged", 1), ("ben", "new", 3)]
    assert (told["can_be_done"], told["is_done"]) == (True, False)
    assert (box.names(), box.journal) == (["ann"], [])


def test_what_was_previewed_is_carried_out_and_journalled(box: Box) -> None:
    people = entrant("ann", (near(templates(1, 1)[0], 50),), Role.GUEST), entrant("ben", templates(2, 3))
    told = box.of(*people, expect=box.of(*people, dry_run=True)["plan"])
    assert told["is_done"] is True
    assert [(person.name, person.role, person.templates) for person in box.gallery.people()] == [
        ("ann", Role.ADMIN, 3),
        ("ben", Role.MEMBER, 3),
    ]
    assert [(str(event.kind), event.detail) for event in box.journal] == [
        ("imported", "2 people, 4 templates, by uid 0 (pid 77)")
    ]
    assert len(box.register.roster().people) == 2


def test_a_second_import_of_the_same_changes_nothing(box: Box) -> None:
    box.of(entrant("ben", templates(2, 3)))
    before = box.gallery.stand
    assert changes(box.of(entrant("ben", templates(2, 3)))) == [("ben", "unchanged", 0)]
    assert box.gallery.stand == before


def test_nobody_gets_more_templates_than_anybody_may_have_and_the_preview_says_who_would(box: Box) -> None:
    """Ann has two here: of her eight looks of an enrolment and eight of an improvement two are too many."""
    faces = [near(templates(1, 1)[0], 50 + number) for number in range(16)]
    ann = entrant("ann", faces, origins=[Origin.IMPROVED, Origin.ENROLLED] * 8)
    cat = entrant("cat", templates(3, MOST_TEMPLATES + 3))
    preview = box.of(ann, cat, dry_run=True)
    assert changes(preview) == [("ann", "merged", 14), ("cat", "new", MOST_TEMPLATES)]
    assert [(one["left_out"], one["left_out_enrolled"]) for one in preview["people"]] == [(2, 0), (3, 3)]
    told = box.of(ann, cat, expect=preview["plan"])
    assert [one["templates"] for one in told["enrolled"]] == [MOST_TEMPLATES, MOST_TEMPLATES]
    assert [event.detail for event in box.journal] == [
        "2 people, 30 templates, 5 left out for want of room, by uid 0 (pid 77)"
    ]
    (found,) = (person for person in box.gallery.people() if person.name == "ann")
    origins = [str(one.origin) for one, _ in box.gallery.details(found)]
    assert (origins.count("enrolled"), origins.count("improved")) == (10, 6), "her own two, and eight of the file"
    again = box.of(ann, dry_run=True)
    assert changes(again) == [("ann", "unchanged", 0)]
    assert again["people"][0]["left_out"] == 2


def test_among_equals_the_least_alike_are_taken(box: Box) -> None:
    """All that are here, each once more but for a hair, and last what has been seen from nowhere yet."""
    first = templates(1, 1)[0]
    known = [near(first, 50 + number) for number in range(13)]
    box.register.improve(1, known)
    hair = [replace(one, probe=_between(one.probe, first.probe)) for one in known]
    told = box.of(entrant("ann", [*hair, near(first, 99)]))
    assert changes(told) == [("ann", "merged", 1)]
    (ann,) = box.gallery.people()
    newest = np.frombuffer(box.gallery.details(ann)[-1][1], "<f4")
    assert np.array_equal(newest, near(first, 99).probe)


def _between(one: Any, other: Any) -> Any:
    mixed = 0.95 * one + 0.05 * other
    return np.asarray(mixed / np.linalg.norm(mixed), np.float32)


def test_another_face_under_a_name_refuses_all_of_it(box: Box) -> None:
    told = box.of(entrant("ben", templates(2, 3)), entrant("ann", templates(7, 2)))
    assert told["code"] == "REFUSED"
    assert "'ann' does not have the face that is enrolled here under that name" in told["message"]
    assert "--except NAME" in told["message"]
    assert changes(told) == [("ben", "new", 3), ("ann", "other-face", 0)]
    assert box.names() == ["ann"]


def test_somebody_who_is_enrolled_under_another_name_refuses_all_of_it(box: Box) -> None:
    twin = entrant("anna", (near(templates(1, 1)[0], 50), *templates(8, 1)))
    told = box.of(entrant("ben", templates(2, 1)), twin)
    assert (told["code"], changes(told)[1]) == ("REFUSED", ("anna", "like-another", 0))
    assert told["people"][1]["whom"] == "ann"
    assert box.names() == ["ann"]


def test_also_somebody_disabled_counts_as_enrolled(box: Box) -> None:
    box.register.enroll("zoe", Role.ADMIN, templates(9, 1))
    box.gallery.set_disabled("ann", is_disabled=True)
    assert changes(box.of(entrant("anna", templates(1, 1)), dry_run=True)) == [("anna", "like-another", 0)]


def test_another_model_is_refused_with_the_remedy(box: Box) -> None:
    told = box.of(entrant("ben", templates(2, 1)), embedder="f" * 64)
    assert told["code"] == "REFUSED"
    assert "made with another model (ffffffffffff)" in told["message"]
    assert box.names() == ["ann"]


def test_a_gallery_that_changed_since_the_preview_is_asked_about_again(box: Box) -> None:
    plan = box.of(entrant("ann", templates(1, 2)), entrant("ben", templates(2, 1)), dry_run=True)["plan"]
    box.register.enroll("cat", Role.MEMBER, (near(templates(2, 1)[0], 60),))
    told = box.of(entrant("ann", templates(1, 2)), entrant("ben", templates(2, 1)), expect=plan)
    assert told["code"] == "REFUSED"
    assert changes(told)[1] == ("ben", "like-another", 0)
    plan = box.of(entrant("dan", templates(3, 1)), dry_run=True)["plan"]
    box.register.enroll("dan", Role.MEMBER, (near(templates(3, 1)[0], 61),))
    told = box.of(entrant("dan", templates(3, 1)), expect=plan)
    assert "changed since the preview" in told["message"]
    assert box.names() == ["ann", "cat", "dan"]


def test_a_change_while_it_is_looked_through_is_seen(box: Box) -> None:
    waiting = box.ask(entrant("ben", templates(2, 1)))
    waiting._thread.join(PATIENCE_S)
    box.register.enroll("ben", Role.MEMBER, templates(7, 1))
    assert changes(box.answer(waiting)) == [("ben", "other-face", 0)]


def test_a_gallery_that_never_rests_is_given_up(box: Box) -> None:
    waiting = box.ask(entrant("ben", templates(2, 1)))
    for number in range(10):
        waiting._thread.join(PATIENCE_S)
        box.gallery.note_seen({1: float(number)})
        waiting.follow(Gate(), 5.0)
    assert "changes all the time" in box.answer(waiting)["message"]


def test_nothing_is_imported_while_somebody_is_being_enrolled(box: Box) -> None:
    for mode in (Mode.ENROLLING, Mode.VOUCHING):
        told = box.answer(box.ask(entrant("ben", templates(2, 1))), Gate(mode=mode))
        assert told["code"] == "BUSY"
    assert moving.why_not_now(Gate(mode=Mode.ENROLLING)) is not None
    assert moving.why_not_now(Gate()) is None
    assert box.names() == ["ann"]


@pytest.mark.parametrize("raw", [b"", b"{}", encode(Bundle(EMBEDDER, 2e9, (entrant("ben", templates(2, 1)),)))[:-1]])
def test_the_daemon_trusts_no_client(box: Box, raw: bytes) -> None:
    told = box.answer(box.ask_raw(raw))
    assert told["code"] == "BAD_REQUEST"
    assert box.names() == ["ann"]


def test_rows_that_are_no_embeddings_are_refused(box: Box) -> None:
    raw = encode(Bundle(EMBEDDER, 2e9, (entrant("ben", templates(2, 1)),)))
    told = box.answer(box.ask_raw(raw[:-2048] + np.full(512, np.nan, "<f4").tobytes()))
    assert (told["code"], box.names()) == ("BAD_REQUEST", ["ann"])


def test_a_medium_that_fails_is_told_and_nobody_was_imported(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise GalleryError("cannot write: the disk is full: free some space on it")

    monkeypatch.setattr(Gallery, "take_in", fail)
    told = box.of(entrant("ben", templates(2, 1)))
    assert told == {"code": "INTERNAL", "message": "cannot write: the disk is full: free some space on it"}
    assert box.journal == []


def test_a_client_that_has_gone_gets_nothing_imported(box: Box) -> None:
    waiting = box.ask(entrant("ben", templates(2, 1)))
    waiting._request.expire("TIMEOUT", "no answer in time")
    waiting._thread.join(PATIENCE_S)
    waiting.follow(Gate(), 5.0)
    assert waiting.is_over
    assert box.names() == ["ann"]
