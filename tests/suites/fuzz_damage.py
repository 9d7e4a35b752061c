"""How the fuzz suite alters an input."""

from __future__ import annotations

import random
from collections.abc import Sequence


def damaged(seed: bytes, other: bytes, words: Sequence[bytes], dice: random.Random) -> bytes:
    """One to eight changes of the kinds that fuzzers make."""
    raw = bytearray(seed)
    for _ in range(dice.choice([1, 1, 2, 3, 8])):
        at = dice.randrange(len(raw) + 1)
        match dice.randrange(8):
            case 0 if raw:
                raw[at % len(raw)] ^= 1 << dice.randrange(8)
            case 1:
                raw[at:at] = dice.randbytes(dice.randint(1, 8))
            case 2:
                del raw[at : at + dice.randint(1, 64)]
            case 3:
                del raw[at:]
            case 4 if other:
                begin = dice.randrange(len(other))
                raw[at:at] = other[begin : begin + dice.randint(1, 200)]
            case 5 if words:
                raw[at:at] = dice.choice(words)
            case 6:
                raw[at : at + 4] = dice.choice([b"\xff\xff\xff\xff", bytes(4), b"\x7f\xff\xff\xff", b"\0\0\xc3\x50"])
            case _:
                raw[at:at] = raw[at : at + dice.randint(1, 100)] * dice.randint(1, 20)
    return bytes(raw[:200_000])
