"""Who is at the other end of the socket, and what they may do.

The kernel says who connected (SO_PEERCRED, unix(7)); nothing that a client writes is believed.
"""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterable
from dataclasses import dataclass, field

_UCRED = struct.Struct("iII")
"""struct ucred of unix(7): pid, uid, gid."""


@dataclass(frozen=True, slots=True)
class Peer:
    """The process that connected, as it was then."""

    uid: int
    gid: int
    pid: int

    def __str__(self) -> str:
        return f"uid {self.uid} (pid {self.pid})"


def peer_of(connection: socket.socket) -> Peer:
    """Ask the kernel. Raises OSError if the connection is gone."""
    raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size)
    pid, uid, gid = _UCRED.unpack(raw)
    return Peer(uid=uid, gid=gid, pid=pid)


@dataclass(frozen=True, slots=True)
class Policy:
    """Reading is for whoever can reach the socket; changing is for root, the daemon's own user and `admin_uids`.

    Being in the socket's group is enough to look, and not to change: a screen in the hall may show who came in, and
    must not be able to enrol anybody. `group_may_change` gives that up, for a household where the group is the admins.
    """

    admin_uids: frozenset[int] = frozenset()
    group_may_change: bool = False
    own_uid: int = field(default_factory=os.geteuid)

    @classmethod
    def of(cls, admin_uids: Iterable[int] = (), *, group_may_change: bool = False) -> Policy:
        """The policy of this process's user."""
        return cls(frozenset(admin_uids), group_may_change)

    def allows(self, peer: Peer, *, changes: bool) -> bool:
        """Whether `peer`, who could connect, may also do this."""
        return not changes or self.group_may_change or peer.uid in {0, self.own_uid, *self.admin_uids}
