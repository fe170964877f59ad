"""Answers are compressed piece by piece for those who want that."""

import gzip
import random
import zlib
from collections.abc import Iterator

import pytest
from werkzeug.datastructures import Accept
from werkzeug.http import parse_accept_header

from catalog_service.compression import gzipped, prefers_gzip

PIECE = bytes(range(256)) * 400


@pytest.mark.parametrize(
    ("header", "prefers"),
    [
        ("gzip", True),
        ("gzip, deflate, br", True),
        ("*", True),
        ("br;q=1.0, gzip;q=0.1", True),
        ("gzip, identity;q=0.5", True),
        ("identity, gzip;q=0.5", False),
        ("gzip;q=0", False),
        ("*;q=0", False),
        ("*, gzip;q=0", False),
        ("br", False),
        ("", False),
    ],
)
def test_gzip_is_given_to_those_who_want_it(header: str, prefers: bool) -> None:  # noqa: FBT001 - a parameter
    assert prefers_gzip(parse_accept_header(header, Accept)) is prefers


@pytest.mark.parametrize("pieces", [[], [b""], [b"a", b"", b"b"], [PIECE] * 20])
def test_pieces_are_read_back(pieces: list[bytes]) -> None:
    assert gzip.decompress(b"".join(gzipped(pieces))) == b"".join(pieces)


def test_pieces_are_not_collected() -> None:
    chance, taken = random.Random(1), 0

    def pieces() -> Iterator[bytes]:
        nonlocal taken
        for _ in range(1000):
            taken += 1
            yield chance.randbytes(20_000)

    next(stream := gzipped(pieces()))
    next(stream)
    assert taken < 100


def test_a_stream_that_fails_is_no_whole_file() -> None:
    def pieces() -> Iterator[bytes]:
        yield PIECE
        raise OSError

    sent = []
    with pytest.raises(OSError):  # noqa: PT011 - ours, just above
        sent += list(gzipped(pieces()))
    unpacker = zlib.decompressobj(wbits=31)
    unpacker.decompress(b"".join(sent))
    assert not unpacker.eof
