"""A sealed file opens with its passphrase, as it was written, and in no other way."""

from __future__ import annotations

import subprocess
import sys
import unicodedata

import pytest

from faceauthd.bundle import sealed
from faceauthd.bundle.sealed import Cost, seal, unseal
from faceauthd.errors import BundleError

CHEAP = Cost(log2_n=2, r=1, p=1)
WORDS = "correct horse battery"
CONTENT = b"who is enrolled"
HEADER_BYTES = 60


@pytest.fixture
def whole() -> bytes:
    return seal(CONTENT, WORDS, CHEAP)


def test_a_round_trip_at_the_cost_that_is_used() -> None:
    assert unseal(seal(CONTENT, WORDS), WORDS) == CONTENT


def test_nothing_of_it_is_to_be_read_and_no_two_are_alike(whole: bytes) -> None:
    other = seal(CONTENT, WORDS, CHEAP)
    assert CONTENT not in whole
    assert len(whole) == HEADER_BYTES + len(CONTENT) + 16
    assert all(whole[part] != other[part] for part in (slice(24, 40), slice(40, 52), slice(60, None)))


def test_every_byte_counts(whole: bytes) -> None:
    """Each one altered by each single bit; most by the tag, those of the header also by what they say."""
    for index in range(len(whole)):
        for bit in range(8):
            altered = bytearray(whole)
            altered[index] ^= 1 << bit
            with pytest.raises(BundleError):
                unseal(bytes(altered), WORDS)


def test_every_length_counts(whole: bytes) -> None:
    for length in range(len(whole)):
        with pytest.raises(BundleError):
            unseal(whole[:length], WORDS)
    for more in (b"\0", whole):
        with pytest.raises(BundleError, match="cut off, or something was put behind"):
            unseal(whole + more, WORDS)


def test_a_wrong_passphrase_and_an_altered_file_are_told_alike(whole: bytes) -> None:
    altered = whole[:-1] + bytes([whole[-1] ^ 1])
    messages = set()
    for raw, words in ((whole, "correct horse batteries"), (whole, ""), (altered, WORDS)):
        with pytest.raises(BundleError, match=r"either the passphrase .* or the file") as caught:
            unseal(raw, words)
        messages.add(str(caught.value))
    assert len(messages) == 1


def test_a_passphrase_is_what_is_read_not_how_it_is_coded() -> None:
    composed, apart = (unicodedata.normalize(form, "Tür auf, Tür zu") for form in ("NFC", "NFD"))
    assert composed != apart
    assert unseal(seal(CONTENT, composed, CHEAP), apart) == CONTENT


def test_a_passphrase_that_is_soon_guessed_is_refused() -> None:
    with pytest.raises(BundleError, match="fewer than 12 characters"):
        seal(CONTENT, "elevenchars", CHEAP)


def test_a_newer_format_is_told_as_such(whole: bytes) -> None:
    newer = whole[:16] + (2).to_bytes(2, "big") + whole[18:]
    with pytest.raises(BundleError, match=r"of format 2\.1, .* knows 1\.1: install"):
        unseal(newer, WORDS)


@pytest.mark.parametrize(
    "cost",
    [
        Cost(30, 8, 1),  # 1 TiB
        Cost(255, 8, 1),
        Cost(19, 8, 1),  # 512 MiB
        Cost(20, 8, 65535),
        Cost(18, 8, 4),  # 256 MiB, but for too long
        Cost(1, 65535, 1),
        Cost(0, 8, 1),
        Cost(17, 1, 1),  # which scrypt itself does not take
        Cost(16, 0, 1),
        Cost(16, 8, 0),
    ],
)
def test_a_file_cannot_ask_for_the_machine(whole: bytes, cost: Cost, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealed.hashlib, "scrypt", lambda *_, **__: pytest.fail("it began to work"))
    numbers = bytes([cost.log2_n]) + cost.r.to_bytes(2, "big") + cost.p.to_bytes(2, "big")
    with pytest.raises(BundleError, match="made to harm"):
        unseal(whole[:19] + numbers + whole[24:], WORDS)


def test_our_own_cost_is_within_what_we_take() -> None:
    Cost().check()
    with pytest.raises(BundleError):
        Cost(Cost().log2_n + 3, Cost().r, Cost().p).check()


def test_another_file_is_told_before_a_passphrase_is_asked_for() -> None:
    for raw in (b"", b"PK\x03\x04", b"x" * 100):
        with pytest.raises(BundleError, match="not one that `faceauthctl export` made"):
            sealed.check_is_ours(raw)


def test_the_daemon_never_loads_the_cryptography_library() -> None:
    loads = "import sys, faceauthd.app, faceauthd.desk.moving; print('cryptography' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", loads], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
