"""Arrays whose headers, sizes, kinds or shapes are not what they should be are refused with the name of the file."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from spotting_core.base.arrays import FLOATS, INTEGERS, check_array, check_numbers, open_array, read_packed
from spotting_core.base.errors import BadInputError
from spotting_core.base.tables import check_table, read_table


def npy(values: object) -> bytes:
    stream = io.BytesIO()
    np.save(stream, values, allow_pickle=True)
    return stream.getvalue()


def headed(header: str, rest: bytes = b"") -> bytes:
    """A file of another header."""
    text = header.encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + rest


SOUND = npy(np.arange(6, dtype=np.int32).reshape(2, 3))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "cannot be read .it is empty"),
        (SOUND[:4], "cannot be read"),
        (SOUND[:40], "cannot be read"),
        (SOUND[:-1], "is damaged: it has 151 bytes where its header says 152"),
        (SOUND + b"0", "is damaged: it has 153 bytes"),
        (npy(np.array([{}, 1], object)), "it holds objects"),
        (headed("{'descr': '<i4', 'fortran_order': False, 'shape': (99999999999, 99999999999)}"), "is damaged"),
        (headed("{'descr': '<i4', 'fortran_order': False, 'shape': (-1, 3)}", bytes(12)), "cannot be"),
        (headed("{'descr': '<i4', 'fortran_order': False, 'shape': (1,) * 3}"), "cannot be read"),
        (headed("(" * 5000), "cannot be read"),
        (headed("{'descr': " + "[" * 4000, b""), "cannot be read"),
        (headed("{'descr': '-" + "-" * 8000 + "1', 'fortran_order': False, 'shape': ()}"), "cannot be read"),
        (headed("{'descr': '<q9', 'fortran_order': False, 'shape': (1,)}"), "cannot be read"),
        (b"\x93NUMPY\x09\x00" + SOUND[8:], "cannot be read"),
        (b"PK\x03\x04 nothing", "cannot be read"),
    ],
)  # fmt: skip
def test_what_is_no_whole_array_is_refused(content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    path.write_bytes(content)
    with pytest.raises(BadInputError, match=rf"a\.npy: this array .*{message}.*\. Copy it again\.$"):
        open_array(path, INTEGERS)


def test_kind_and_shape_are_held_against_what_is_expected(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    path.write_bytes(SOUND)
    assert open_array(path, INTEGERS, (2, None)).sum() == 15
    assert check_array(path, INTEGERS).shape == (2, 3)
    with pytest.raises(BadInputError, match="this array holds int32, which is another kind"):
        open_array(path, FLOATS)
    with pytest.raises(BadInputError, match=r"this table has the shape \(2, 3\), expected \(any, 4\)"):
        open_array(path, INTEGERS, (None, 4), what="table")
    with pytest.raises(BadInputError, match=r"expected \(2\)"):
        open_array(path, INTEGERS, (2,))
    with pytest.raises(BadInputError, match=r"b\.npy: this array is missing"):
        open_array(tmp_path / "b.npy")


def test_a_file_that_changes_is_looked_at_again(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    np.save(path, np.array([0.5, 1.0]))
    check_numbers(path)
    np.save(path, np.array([0.5, np.inf]))
    with pytest.raises(BadInputError, match="row 1 holds a number that is none"):
        check_numbers(path)
    np.save(path, np.array([1, 3, 2]))
    with pytest.raises(BadInputError, match="times do not rise"):
        check_numbers(path, rising=True)


def packed(path: Path, method: int = zipfile.ZIP_DEFLATED, **arrays: bytes) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in arrays.items():
            archive.writestr(f"{name}.npy", content)
    return path


def test_packed_arrays_are_read_by_name_and_kind(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez_compressed(path, a=np.arange(3), about=np.array("text"))
    assert sorted(read_packed(path)) == ["a", "about"]
    assert read_packed(path, {"a": INTEGERS})["a"].tolist() == [0, 1, 2]
    with pytest.raises(BadInputError, match=r"this file of arrays cannot be read \(it has no b\)"):
        read_packed(path, {"b": INTEGERS})
    with pytest.raises(BadInputError, match="a: it holds int64"):
        read_packed(path, {"a": FLOATS})


@pytest.mark.parametrize(
    "content",
    [
        npy(np.array([{}], object)),
        headed("{'descr': '<f8', 'fortran_order': False, 'shape': (999999999, 99)}", bytes(8)),
        SOUND[:-1],
        b"",
    ],
)
def test_packed_arrays_that_are_none_are_refused(content: bytes, tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=r"a\.npz: this file of arrays cannot be read \(a: "):
        read_packed(packed(tmp_path / "a.npz", a=content))


def test_what_is_no_zip_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    for content in (b"", b"PK\x03\x04", SOUND, packed(tmp_path / "b.npz", a=SOUND).read_bytes()[:-9]):
        path.write_bytes(content)
        with pytest.raises(BadInputError, match=r"a\.npz: this file of arrays cannot be read \(this zip is damaged"):
            read_packed(path)


def test_tables_are_whole_and_have_their_columns_and_rows(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    parquet.write_table(pa.table({"a": [1, 2, 3]}), path)
    check_table(path)
    assert read_table(path, ["a"], rows=3).num_rows == 3
    with pytest.raises(BadInputError, match="this table lacks the column b"):
        read_table(path, ["b"])
    with pytest.raises(BadInputError, match="this table has 3 rows, expected 4"):
        read_table(path, rows=4)
    whole = path.read_bytes()
    for content in (b"", whole[:-1], whole[1:], b"PAR1PAR1"):
        path.write_bytes(content)
        with pytest.raises(BadInputError, match=r"a\.parquet: this table is damaged"):
            check_table(path)
        with pytest.raises(BadInputError, match=r"a\.parquet: this table cannot be read"):
            read_table(path)
    path.write_bytes(whole[:4] + bytes(len(whole) - 8) + whole[-4:])
    with pytest.raises(BadInputError, match=r"a\.parquet: this table cannot be read"):
        read_table(path)
