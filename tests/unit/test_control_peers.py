"""Who may do what."""

from __future__ import annotations

import os
import socket

import pytest

from faceauthd.control.peers import Peer, Policy, peer_of

POLICY = Policy(own_uid=990, admin_uids=frozenset({1000}))


@pytest.mark.parametrize(("uid", "may"), [(0, True), (990, True), (1000, True), (1001, False), (65534, False)])
def test_only_root_the_daemon_and_admins_change_anything(uid: int, may: bool) -> None:
    peer = Peer(uid=uid, gid=0, pid=1)
    assert POLICY.allows(peer, changes=True) is may
    assert POLICY.allows(peer, changes=False)


def test_the_group_may_be_trusted_with_changes() -> None:
    policy = Policy.of([1000], group_may_change=True)
    assert policy.allows(Peer(uid=1001, gid=5, pid=1), changes=True)


def test_being_in_group_root_is_not_being_root() -> None:
    assert not POLICY.allows(Peer(uid=1001, gid=0, pid=1), changes=True)


def test_the_policy_knows_its_own_user() -> None:
    assert Policy().own_uid == os.geteuid()


def test_the_kernel_names_the_peer() -> None:
    left, right = socket.socketpair()
    with left, right:
        assert peer_of(left) == Peer(uid=os.geteuid(), gid=os.getegid(), pid=os.getpid())
