"""What a file may be: its encoding, packing, header and size."""

import bz2
import gzip
import io
import lzma
import time
import tracemalloc
import zipfile
from collections.abc import Callable

import pytest

from catalog_service.ingest.columns import COLUMNS
from catalog_service.ingest.failures import (
    InvalidFile,
    MissingColumn,
    NoRows,
    NotCsv,
    TooLarge,
    WrongEncoding,
)
from catalog_service.ingest.limits import KIB, MIB, Limits
from catalog_service.ingest.report import Code
from catalog_service.ingest.source import LONGEST_LINE, text_blocks
from tests.unit.ingest.files import GOOD, HEADER, csv_file, line, load, open_file, problems, refuse

GOOD_FILE = csv_file(line())


def zipped(data: bytes) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as members:
        members.writestr("products.csv", data)
    return archive.getvalue()


@pytest.mark.parametrize(
    "content", ["", "\ufeff", HEADER, HEADER + "\n", "\ufeff" + HEADER, HEADER + "\n\n\r\n", "\n"]
)
def test_a_file_without_rows_is_refused_as_such(content: str) -> None:
    with pytest.raises(NoRows):
        load(content)
    assert problems(content) == [(1, None, Code.NO_ROWS)]


def test_a_byte_order_mark_is_accepted_at_the_beginning_alone() -> None:
    assert load("\ufeff" + GOOD_FILE) == load(GOOD_FILE)
    assert load(csv_file(line(product_id="\ufeffP1")))[0][0] == "\ufeffP1"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"])
def test_wider_encodings_are_refused_by_name(encoding: str) -> None:
    with pytest.raises(WrongEncoding) as refusal:
        load(GOOD_FILE.encode(encoding))
    assert encoding.upper()[:6] in refusal.value.message


@pytest.mark.parametrize(
    "name",
    [
        b"caf\xe9",
        b"\x93quoted\x94",
        b"\xc0\xaf",
        b"\xed\xa0\x80",
        b"\xf4\x90\x80\x80",
        b"\xff",
        b"cut \xe8\x8c",
    ],
    ids=["latin-1", "cp1252", "overlong", "surrogate", "beyond Unicode", "no UTF-8", "cut"],
)
def test_bytes_that_are_not_utf8_are_an_error_with_line_and_column(name: bytes) -> None:
    good, bad = csv_file(line(), "").encode(), line(product_id="2").encode().replace(b"Lamp", name)
    content = good + bad + b"\n" + line(product_id="3", price="x").encode()
    assert problems(content) == [(4, "product_name", Code.NOT_UTF8), (5, "price", Code.NOT_A_NUMBER)]


def test_bytes_that_are_not_utf8_are_refused_in_an_ignored_column_and_in_the_header() -> None:
    assert problems(f"{HEADER},note\n{line()},caf".encode() + b"\xe9\n") == [(2, None, Code.NOT_UTF8)]
    assert problems(f"{HEADER},caf".encode() + b"\xe9\n" + f"{line()},x".encode()) == [
        (1, None, Code.NOT_CSV)
    ]


@pytest.mark.parametrize(
    "pack", [gzip.compress, lambda data: gzip.compress(data[:40]) + gzip.compress(data[40:])]
)
def test_a_gzip_file_is_unpacked(pack: Callable[[bytes], bytes]) -> None:
    assert load(pack(GOOD_FILE.encode())) == load(GOOD_FILE)
    assert load(pack(GOOD_FILE.encode()) + b"\0" * 1000) == load(GOOD_FILE)


def test_a_gzip_file_that_is_cut_or_damaged_is_refused() -> None:
    packed = gzip.compress(csv_file(*(line(product_id=str(number)) for number in range(50_000))).encode())
    for damaged in (
        packed[:-1],
        packed[: len(packed) // 2],
        packed[:20],
        packed[:-8] + b"\0" * 8,
        packed + b"more",
    ):
        with pytest.raises(NotCsv):
            load(damaged)


@pytest.mark.parametrize(
    "pack", [zipped, lzma.compress, bz2.compress, lambda data: gzip.compress(gzip.compress(data))]
)
def test_other_archives_are_refused_by_name(pack: Callable[[bytes], bytes]) -> None:
    report = refuse(pack(GOOD_FILE.encode()))
    assert report.errors[0].code is Code.NOT_CSV
    assert "archive" in report.errors[0].message


@pytest.mark.parametrize(
    "content", [b"%PDF-1.7\n", b"\x89PNG\r\n\x1a\n", b"\xd0\xcf\x11\xe0\xa1\xb1", b"\x7fELF\x02\x01\0\0"]
)
def test_what_is_no_text_is_refused(content: bytes) -> None:
    with pytest.raises(InvalidFile):
        load(content + bytes(range(256)) * 10)


def test_a_gzip_bomb_is_refused_in_little_memory_and_time() -> None:
    bomb = gzip.compress(b"x" * 10 * MIB + b"\n") * 100
    begin = time.process_time()
    tracemalloc.start()
    with pytest.raises((TooLarge, InvalidFile)):
        load(bomb)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10 * MIB
    assert time.process_time() - begin < 2


def test_a_gzip_file_of_tiny_members_is_read_by_the_block() -> None:
    """A record that a block cuts is read again: with a block for each member, that would take for ever."""
    packed = b"".join(gzip.compress(piece, mtime=0) for piece in [b'a,b\n"\n', *[b'","\n'] * 1_000])
    assert [block.size for block in text_blocks(io.BytesIO(packed), Limits())] == [6 + 4 * 1_000]


def test_a_gzip_file_of_empty_members_takes_no_memory() -> None:
    packed = gzip.compress(b"", mtime=0) * 200_000 + gzip.compress(GOOD_FILE.encode())
    tracemalloc.start()
    assert load(packed) == load(GOOD_FILE)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < MIB


def test_a_gzip_file_may_not_unpack_to_more_than_the_limits() -> None:
    bomb = gzip.compress(GOOD_FILE.encode() + b"\n" * 40 * MIB)
    with pytest.raises(TooLarge, match="200 times"):
        load(bomb)
    with pytest.raises(TooLarge, match="1024 bytes"):
        load(gzip.compress(GOOD_FILE.encode() + b"\n" * 2000), Limits(unpacked_bytes=KIB))


def test_a_file_at_the_size_limit_is_accepted_and_one_byte_more_is_not() -> None:
    assert load(GOOD_FILE, Limits(unpacked_bytes=len(GOOD_FILE)))
    with pytest.raises(TooLarge):
        load(GOOD_FILE, Limits(unpacked_bytes=len(GOOD_FILE) - 1))


def test_rows_at_the_limit_are_accepted_and_one_more_is_not() -> None:
    rows = [line(product_id=str(number)) for number in range(10)]
    assert len(load(csv_file(*rows), Limits(rows=10))) == 10
    with pytest.raises(TooLarge, match="9 rows"):
        load(csv_file(*rows), Limits(rows=9))


@pytest.mark.parametrize(
    "content", ["\n" * 1_000_000, HEADER + "\n" * 1_000_000], ids=["alone", "below a header"]
)
def test_a_million_blank_lines_are_no_rows_at_once(content: str) -> None:
    begin = time.process_time()
    with pytest.raises(NoRows):
        load(content)
    assert time.process_time() - begin < 2


@pytest.mark.parametrize("fill", [b"\r", b"\r\n", b"\r\n--"])
def test_megabytes_of_line_ends_are_refused_at_once(fill: bytes) -> None:
    begin = time.process_time()
    with pytest.raises(InvalidFile):
        load(fill * (9_000_000 // len(fill)))
    assert time.process_time() - begin < 2


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_the_header_line_tells_the_separator(separator: str) -> None:
    content = csv_file(line()).replace(",", separator)
    assert load(content) == load(GOOD_FILE)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_sep_line_is_honoured_and_counted(separator: str, end: str) -> None:
    lines = [HEADER, line(), "", line(price="x")]
    content = end.join([f"sep={separator}", *(each.replace(",", separator) for each in lines)])
    assert problems("\ufeff" + content) == [(5, "price", Code.NOT_A_NUMBER)]


@pytest.mark.parametrize("separator", ["|", "", ";;", " ", "x"])
def test_another_separator_in_a_sep_line_is_refused(separator: str) -> None:
    assert problems(f"sep={separator}\n{GOOD_FILE}") == [(1, None, Code.BAD_SEPARATOR)]


def test_columns_may_stand_in_any_order_among_others_which_are_ignored_with_a_warning() -> None:
    names = ["note", *reversed(COLUMNS), "", "colour", ""]
    content = ",".join(names) + "\n" + ",".join(GOOD.get(name, "?") for name in names) + "\n"
    assert load(content) == load(GOOD_FILE)
    assert list(open_file(content).report.ignored_columns) == ["note", "", "colour", ""]


@pytest.mark.parametrize("name", COLUMNS)
def test_the_first_missing_column_is_named_in_the_contracts_order(name: str) -> None:
    kept = list(reversed([column for column in COLUMNS if COLUMNS.index(column) < COLUMNS.index(name)]))
    with pytest.raises(MissingColumn) as refusal:
        load(",".join([*kept, "other"]) + "\n")
    assert refusal.value.column == name
    assert refusal.value.message == f"Missing column: {name}"


@pytest.mark.parametrize("header", ["PRICE", "Price", " price", "price ", "'price'", "prices"])
def test_a_header_name_is_exact(header: str) -> None:
    assert problems(GOOD_FILE.replace("price", header)) == [(1, "price", Code.MISSING_COLUMN)]


@pytest.mark.parametrize("name", ["price", "note"])
def test_a_name_that_stands_twice_in_the_header_is_refused(name: str) -> None:
    content = f"{HEADER},note,{name}\n{line()},1,2\n"
    assert problems(content) == [(1, name, Code.DUPLICATE_COLUMN)]


def test_header_names_may_be_quoted_and_hold_line_breaks() -> None:
    names = ",".join(f'"{name}"' for name in [*COLUMNS, "a\nnote"])
    assert problems(f"{names}\n{line()},1\n{line(product_id='2', price='x')},1\n") == [
        (4, "price", Code.NOT_A_NUMBER)
    ]


def test_a_header_with_an_open_quote_is_refused() -> None:
    assert problems(f'"{GOOD_FILE}') == [(1, None, Code.NOT_CSV)]


def test_a_format_is_known_by_its_first_bytes_however_long_its_first_line_is() -> None:
    zipped = b"PK\x03\x04" + b"x" * (2 * LONGEST_LINE)
    old_mac = GOOD_FILE.replace("\n", "\r").encode() + b"P,Lamp,Home,1,1,1,1\r" * 100_000
    assert problems(zipped) == [(1, None, Code.NOT_CSV)]
    assert problems(old_mac) == [(1, None, Code.CARRIAGE_RETURN)]


def test_a_line_end_may_lie_across_the_first_two_blocks() -> None:
    limits = Limits(block_bytes=len(f"{HEADER}\r"))
    assert load(GOOD_FILE.replace("\n", "\r\n"), limits) == load(GOOD_FILE)


def test_a_header_says_what_is_wrong_with_it() -> None:
    header = GOOD_FILE.partition("\n")[0]
    assert problems(f"{header},{'x' * 200_000}\n") == [(1, None, Code.CELL_TOO_LONG)]
    with pytest.raises(NotCsv, match="NUL"):
        open_file(f"{header},a\0b\n")
    with pytest.raises(NotCsv, match="UTF-8"):
        open_file(header.encode() + b",a\xffb\n")


def test_a_separator_is_refused_on_its_own_line() -> None:
    assert problems(f"\n\nsep=|\n\n\n{GOOD_FILE}") == [(3, None, Code.BAD_SEPARATOR)]
