"""A file that only whoever knows the passphrase can read, and that nobody can alter unnoticed; docs/adr/0023 says why.

    magic, version, KDF and its parameters, salt, nonce, length   60 bytes, authenticated
    ciphertext and tag                                            `length` bytes, to the end of the file

The one module that knows the cryptography library, which is loaded by the command line and never by the daemon.
"""

from __future__ import annotations

import hashlib
import secrets
import struct
import unicodedata
from dataclasses import dataclass

from faceauthd.errors import BundleError

MAGIC = b"FACEAUTHD-EXPORT"
VERSION = 1
MAX_BYTES = 256 << 20
"""Largest sealed file; what faceauthd exports stays far below it (content.MOST_TEMPLATES)."""
FEWEST_CHARACTERS = 12
"""Of a passphrase to seal with: whoever has the file may guess as long as they like."""

_HEADER = struct.Struct(">16sHBBHH16s12sQ")
_SCRYPT = 1
_KEY_BYTES, _SALT_BYTES, _NONCE_BYTES, _TAG_BYTES = 32, 16, 12, 16
_MOST_MEMORY_BYTES = 256 << 20
_MOST_WORK = 1 << 22
"""Of n * r * p that a file may ask for: four times our own, some seconds on a Raspberry Pi."""
_UNREADABLE = (
    "the file cannot be read with this passphrase: either the passphrase is not the one it was made with, or the file "
    "was altered or damaged since; nothing of it was used"
)


@dataclass(frozen=True, slots=True)
class Cost:
    """How hard guessing is made: the parameters of scrypt (RFC 7914). Memory is 128 * n * r bytes."""

    log2_n: int = 16
    r: int = 8
    p: int = 2
    """64 MiB, twice: OWASP's Password Storage Cheat Sheet counts it equal to 128 MiB once, and the smallest Raspberry
    Pi (512 MiB) can give it beside the running daemon."""

    def check(self) -> None:
        """Raise BundleError if the numbers are none for scrypt, or ask for more memory or time than we give."""
        is_sane = 1 <= self.log2_n <= 24 and 1 <= self.r <= 64 and 1 <= self.p <= 64
        is_sane = is_sane and self.log2_n < 16 * self.r  # RFC 7914, section 6
        n = 1 << self.log2_n if is_sane else 0
        if not is_sane or 128 * n * self.r > _MOST_MEMORY_BYTES or n * self.r * self.p > _MOST_WORK:
            raise BundleError(
                f"the file asks for a key derivation (log2 n {self.log2_n}, r {self.r}, p {self.p}) beyond what "
                "faceauthd makes and takes: it is damaged, or made to harm; nothing of it was used"
            )


@dataclass(frozen=True, slots=True)
class _Header:
    cost: Cost
    salt: bytes
    nonce: bytes
    length: int

    def to_bytes(self) -> bytes:
        cost = self.cost
        numbers = (_SCRYPT, cost.log2_n, cost.r, cost.p)
        return _HEADER.pack(MAGIC, VERSION, *numbers, self.salt, self.nonce, self.length)


def seal(content: bytes, passphrase: str, cost: Cost | None = None) -> bytes:
    """The sealed file. Raises BundleError if the passphrase is too short or the content too long."""
    if len(passphrase) < FEWEST_CHARACTERS:
        raise BundleError(
            f"the passphrase has fewer than {FEWEST_CHARACTERS} characters: take a few words, or a longer one"
        )
    if len(content) + _TAG_BYTES + _HEADER.size > MAX_BYTES:
        raise BundleError(f"more than {MAX_BYTES >> 20} MiB cannot be exported: use `faceauthctl backup`")
    salt, nonce = secrets.token_bytes(_SALT_BYTES), secrets.token_bytes(_NONCE_BYTES)
    header = _Header(cost or Cost(), salt, nonce, len(content) + _TAG_BYTES)
    head = header.to_bytes()
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

    return head + ChaCha20Poly1305(_key(header, passphrase)).encrypt(nonce, content, head)


def unseal(raw: bytes, passphrase: str) -> bytes:
    """What was sealed, if every byte of the file is as it was written. Raises BundleError otherwise, always."""
    header = _header(raw)
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

    head, sealed = raw[: _HEADER.size], raw[_HEADER.size :]
    try:
        return ChaCha20Poly1305(_key(header, passphrase)).decrypt(header.nonce, sealed, head)
    except InvalidTag:
        raise BundleError(_UNREADABLE) from None


def check_is_ours(raw: bytes) -> None:
    """Raise BundleError for what no passphrase can open, before one is asked for."""
    _header(raw)


def _header(raw: bytes) -> _Header:
    if raw[: len(MAGIC)] != MAGIC:
        raise BundleError("the file is not one that `faceauthctl export` made: give the one it wrote")
    if len(raw) < _HEADER.size:
        raise BundleError("the file is cut off: copy it again from where it was made")
    _, version, kdf, log2_n, r, p, salt, nonce, length = _HEADER.unpack_from(raw)
    if version != VERSION or kdf != _SCRYPT:
        raise BundleError(
            f"the file is of format {version}.{kdf}, and this faceauthd knows {VERSION}.{_SCRYPT}: "
            "install the version that made it, or a newer one"
        )
    if not _TAG_BYTES <= length <= MAX_BYTES or len(raw) != _HEADER.size + length:
        raise BundleError("the file is cut off, or something was put behind it: copy it again from where it was made")
    cost = Cost(log2_n, r, p)
    cost.check()
    return _Header(cost, salt, nonce, length)


def _key(header: _Header, passphrase: str) -> bytes:
    cost = header.cost
    memory = 128 * cost.r * ((1 << cost.log2_n) + cost.p + 2)
    return hashlib.scrypt(
        unicodedata.normalize("NFC", passphrase).encode("utf-8", "surrogatepass"),
        salt=header.salt,
        n=1 << cost.log2_n,
        r=cost.r,
        p=cost.p,
        maxmem=memory,
        dklen=_KEY_BYTES,
    )
