"""The register before it writes: the first is administrator, and nobody is learnt who is too like somebody else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from faceauthd.errors import GalleryRefused
from faceauthd.register import Register
from faceauthd.types import Person, Role, Rules
from tests.gallery_kit import templates
from tests.unit.test_register import register

__all__ = ["register"]


def of(register: Register, name: str) -> Person:
    person = register.person(name)
    assert person is not None
    return person


def test_the_first_of_all_is_administrator_whatever_was_asked(register: Register) -> None:
    """Also where the last one was removed while somebody was being enrolled: nobody could vouch for anybody."""
    register.remove("ben")
    register.remove("ann", even_last=True)
    with pytest.raises(GalleryRefused, match="first person enrolled is administrator"):
        register.enroll("gus", Role.GUEST, templates(5, 1))
    assert register.people() == ()
    assert register.enroll("eve", Role.MEMBER, templates(6, 1)).role is Role.ADMIN
    assert register.enroll("gus", Role.GUEST, templates(5, 1)).role is Role.GUEST


def test_nobody_is_enrolled_whom_the_door_would_take_for_somebody_else(register: Register) -> None:
    """Not under another name, not as more templates of somebody else, and not because the other is disabled."""
    bens = templates(2, 1)
    register.set_rules("ben", Rules(is_disabled=True))
    before = register.people()
    with pytest.raises(GalleryRefused, match="too like 'ben'"):
        register.enroll("eve", Role.MEMBER, (*templates(7, 1), *bens))
    with pytest.raises(GalleryRefused, match="too like 'ben'"):
        register.improve(of(register, "ann").id, bens)
    assert register.people() == before


def test_more_templates_are_like_their_own_and_like_nobody_elses(register: Register) -> None:
    assert register.improve(of(register, "ben").id, templates(2, 1)).templates == 2
    between = templates(1, 1)[0].probe * 1.2 + templates(2, 1)[0].probe
    look = replace(templates(1, 1)[0], probe=np.asarray(between / np.linalg.norm(between), np.float32))
    with pytest.raises(GalleryRefused, match="could not tell them apart"):
        register.improve(of(register, "ann").id, [look])
