"""The control socket: how other programs of this machine ask faceauthd for something.

    protocol, verbs   PURE: a line of bytes to a call, an answer to a line of bytes
    shapes            what events and people look like on the wire
    peers, listener   who is at the other end; a socket that only they can reach
    request           one call on its way through the daemon's loop
    connection        one client's bytes and descriptors, bounded
    server            the one thread that serves them all
    client            the other end, for faceauthctl and whatever comes after it

`docs/contracts.md` is the protocol's reference.
"""
