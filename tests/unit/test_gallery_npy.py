"""The bytes around the rows of `embeddings.npy`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from faceauthd.gallery.npy import ROW_BYTES, STAMP_BYTES, Layout, Stamp, header_bytes, parse_header


@pytest.mark.parametrize("capacity", [0, 1, 256, 10**6])
def test_our_header_says_where_the_rows_are(capacity: int) -> None:
    header = header_bytes(capacity)
    assert parse_header(header, len(header) + capacity * ROW_BYTES) == Layout(len(header), capacity)


def test_numpy_reads_a_file_with_a_stamp_behind_its_rows(tmp_path: Path) -> None:
    rows = np.arange(3 * 512, dtype=np.float32).reshape(3, 512)
    path = tmp_path / "embeddings.npy"
    path.write_bytes(header_bytes(3) + rows.tobytes() + Stamp(bytes(16), 7).to_bytes())
    assert np.array_equal(np.load(path), rows)
    assert np.array_equal(np.load(path, mmap_mode="r"), rows)


def test_a_file_that_numpy_saved_is_read(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.zeros((5, 512), np.float32))
    raw = (tmp_path / "a.npy").read_bytes()
    assert parse_header(raw[:1024], len(raw)).capacity == 5


@pytest.mark.parametrize(
    ("matrix", "why"),
    [
        (np.zeros((4, 512)), "<f8"),
        (np.zeros((4, 512), ">f4"), ">f4"),
        (np.zeros((4, 512), np.float32, order="F"), "C order"),
        (np.zeros((4, 128), np.float32), "(4, 128)"),
        (np.zeros(512, np.float32), "(512,)"),
        (np.zeros((2, 2, 512), np.float32), "(2, 2, 512)"),
    ],
)
def test_foreign_matrices_are_named(
    tmp_path: Path, matrix: np.ndarray[tuple[int, ...], np.dtype[np.generic]], why: str
) -> None:
    np.save(tmp_path / "a.npy", matrix)
    raw = (tmp_path / "a.npy").read_bytes()
    with pytest.raises(ValueError, match=r"values are|shape is") as caught:
        parse_header(raw[:1024], len(raw))
    assert why in str(caught.value)


@pytest.mark.parametrize("missing", [1, ROW_BYTES, 4 * ROW_BYTES])
def test_a_cut_off_file_is_told(missing: int) -> None:
    size = len(header_bytes(4)) + 4 * ROW_BYTES
    with pytest.raises(ValueError, match="cut off"):
        parse_header(header_bytes(4), size - missing)


@given(st.binary(max_size=200), st.integers(0, 127))
def test_no_header_leads_to_anything_but_a_layout_or_a_value_error(noise: bytes, at: int) -> None:
    header = header_bytes(4)
    for start in (noise, header[:at] + noise + header[at + len(noise) :]):
        try:
            layout = parse_header(start, 10**6)
        except ValueError:
            continue
        assert layout.end <= 10**6


def test_a_stamp_comes_back() -> None:
    stamp = Stamp(bytes(range(16)), 2**63)
    assert len(stamp.to_bytes()) == STAMP_BYTES
    assert Stamp.from_bytes(stamp.to_bytes()) == stamp


@given(st.integers(0, STAMP_BYTES * 8 - 1))
def test_a_stamp_with_any_bit_flipped_is_none(bit: int) -> None:
    raw = bytearray(Stamp(bytes(range(16)), 41).to_bytes())
    raw[bit // 8] ^= 1 << bit % 8
    assert Stamp.from_bytes(bytes(raw)) is None


@pytest.mark.parametrize("raw", [b"", b"short", bytes(STAMP_BYTES), bytes(STAMP_BYTES + 1)])
def test_other_bytes_are_no_stamp(raw: bytes) -> None:
    assert Stamp.from_bytes(raw) is None
