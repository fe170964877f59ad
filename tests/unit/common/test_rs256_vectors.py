"""RS256 by vectors after Wycheproof's for RSASSA-PKCS1-v1_5, made for a key of the test's own.

RFC 8017, section 8.2.2: a verifier encodes the message itself and compares, so that exactly one signature of
a message is right. Every other vector is made with the private key, as no stranger could: what is refused
here is refused for its form alone.
"""

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS
from cryptography.hazmat.primitives.hashes import SHA256

from common.tokens import InvalidToken, TokenVerifier
from tests.unit.signing import AUDIENCE, ISSUER, PRIVATE_KEY, OneKey, RevokedIds, claims, sign

NUMBERS = PRIVATE_KEY.private_numbers()
N, D = NUMBERS.public_numbers.n, NUMBERS.d
BYTES = 256

NULL = bytes.fromhex("0500")
OIDS = {
    "sha1": bytes.fromhex("06052b0e03021a"),
    "sha256": bytes.fromhex("0609608648016503040201"),
    "sha384": bytes.fromhex("0609608648016503040202"),
    "sha512": bytes.fromhex("0609608648016503040203"),
}
SHA256_OID = OIDS["sha256"]


def signing_input(**changes: str) -> bytes:
    """Give the part of a good token that is signed."""
    return sign(claims(**changes)).rpartition(".")[0].encode()


def digest(message: bytes, name: str = "sha256") -> bytes:
    """Hash a message."""
    return hashlib.new(name, message).digest()


def sequence(content: bytes, tag: int = 0x30) -> bytes:
    """Write DER of fewer than 128 bytes."""
    return bytes([tag, len(content)]) + content


def long_sequence(content: bytes, tag: int = 0x30) -> bytes:
    """Write BER whose length is longer than it need be."""
    return bytes([tag, 0x81, len(content)]) + content


def endless_sequence(content: bytes) -> bytes:
    """Write BER of indefinite length."""
    return b"\x30\x80" + content + b"\x00\x00"


def digest_info(message: bytes, name: str = "sha256") -> bytes:
    """Write a DigestInfo as RFC 8017, section 9.2, has it."""
    return sequence(sequence(OIDS[name] + NULL) + sequence(digest(message, name), 0x04))


def encoded(info: bytes, start: bytes = b"\x00\x01", filler: bytes = b"\xff", end: bytes = b"\x00") -> bytes:
    """Pad what is to be signed to the length of the key."""
    return start + filler * (BYTES - len(start) - len(end) - len(info)) + end + info


def raw_signature(block: bytes) -> int:
    """Apply the private key to a block of any form."""
    return pow(int.from_bytes(block), D, N)


def token_with(message: bytes, signature: bytes) -> str:
    """Put a token together."""
    return f"{message.decode()}.{urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def accepts(message: bytes, signature: bytes) -> bool:
    """Tell whether a token with this signature is accepted."""
    verifier = TokenVerifier(OneKey(), RevokedIds(), ISSUER, AUDIENCE)
    try:
        verifier.verify(token_with(message, signature))
    except InvalidToken:
        return False
    return True


Block = Callable[[bytes], bytes]

BLOCKS: dict[str, Block] = {
    "another message's digest": lambda m: encoded(digest_info(m + b"x")),
    "the digest of nothing": lambda _: encoded(digest_info(b"")),
    "SHA-1": lambda m: encoded(digest_info(m, "sha1")),
    "SHA-384": lambda m: encoded(digest_info(m, "sha384")),
    "SHA-512": lambda m: encoded(digest_info(m, "sha512")),
    "SHA-512 named, SHA-256 given": lambda m: encoded(
        sequence(sequence(OIDS["sha512"] + NULL) + sequence(digest(m), 0x04))
    ),
    "no DigestInfo": lambda m: encoded(digest(m)),
    "no parameters": lambda m: encoded(sequence(sequence(SHA256_OID) + sequence(digest(m), 0x04))),
    "parameters that are not NULL": lambda m: encoded(
        sequence(sequence(SHA256_OID + b"\x04\x01x") + sequence(digest(m), 0x04))
    ),
    "NULL with a content": lambda m: encoded(
        sequence(sequence(SHA256_OID + b"\x05\x01\x00") + sequence(digest(m), 0x04))
    ),
    "garbage after the parameters": lambda m: encoded(
        sequence(sequence(SHA256_OID + NULL + b"\x04\x01x") + sequence(digest(m), 0x04))
    ),
    "a long length outside": lambda m: encoded(
        long_sequence(sequence(SHA256_OID + NULL) + sequence(digest(m), 0x04))
    ),
    "a long length of the algorithm": lambda m: encoded(
        sequence(long_sequence(SHA256_OID + NULL) + sequence(digest(m), 0x04))
    ),
    "a long length of the digest": lambda m: encoded(
        sequence(sequence(SHA256_OID + NULL) + long_sequence(digest(m), 0x04))
    ),
    "an indefinite length": lambda m: encoded(
        endless_sequence(sequence(SHA256_OID + NULL) + sequence(digest(m), 0x04))
    ),
    "a digest as a BIT STRING": lambda m: encoded(
        sequence(sequence(SHA256_OID + NULL) + sequence(digest(m), 0x03))
    ),
    "a digest cut short": lambda m: encoded(
        sequence(sequence(SHA256_OID + NULL) + sequence(digest(m)[:-1], 0x04))
    ),
    "a digest and more": lambda m: encoded(
        sequence(sequence(SHA256_OID + NULL) + sequence(digest(m) + b"\x00", 0x04))
    ),
    "garbage inside the DigestInfo": lambda m: encoded(
        sequence(sequence(SHA256_OID + NULL) + sequence(digest(m), 0x04) + b"\x04\x01x")
    ),
    "garbage at the end": lambda m: (b"\x00\x01" + b"\xff" * 8 + b"\x00" + digest_info(m)).ljust(
        BYTES, b"\xab"
    ),
    "padding for encryption": lambda m: encoded(digest_info(m), start=b"\x00\x02"),
    "padding of type 0": lambda m: encoded(digest_info(m), start=b"\x00\x00"),
    "padding of zeros": lambda m: encoded(digest_info(m), filler=b"\x00"),
    "padding with another byte": lambda m: encoded(digest_info(m), start=b"\x00\x01\xff\xfe"),
    "padding that ends in FE": lambda m: encoded(digest_info(m), end=b"\xfe\x00"),
    "padding without an end": lambda m: encoded(digest_info(m), end=b"\xff"),
    "padding with two ends": lambda m: encoded(digest_info(m), end=b"\x00\x00"),
    "no padding": lambda m: digest_info(m).rjust(BYTES, b"\x00"),
    "only padding": lambda _: encoded(b""),
    "a one in front": lambda m: encoded(digest_info(m), start=b"\x01\x01"),
}


@pytest.mark.parametrize("block", BLOCKS.values(), ids=BLOCKS)
def test_a_signature_over_any_other_block_is_refused(block: Block) -> None:
    message = signing_input()
    made = block(message)
    assert len(made) == BYTES
    assert made != encoded(digest_info(message))
    assert not accepts(message, raw_signature(made).to_bytes(BYTES))


def test_the_one_right_block_is_accepted() -> None:
    """What is refused above is refused for what is wrong with it, and not for how it was made."""
    message = signing_input()
    assert accepts(message, raw_signature(encoded(digest_info(message))).to_bytes(BYTES))


def right_signature(wanted: Callable[[int], bool] = lambda _: True) -> tuple[bytes, int]:
    """Look for a message whose signature, as a number, has a property."""
    for number in range(10_000):
        message = signing_input(jti=f"token {number}")
        signature = raw_signature(encoded(digest_info(message)))
        if wanted(signature):
            return message, signature
    raise AssertionError("no such signature")


def test_a_signature_that_begins_with_zeros_has_to_have_them() -> None:
    message, signature = right_signature(lambda s: s < 1 << 8 * (BYTES - 1))
    assert accepts(message, signature.to_bytes(BYTES))
    assert not accepts(message, signature.to_bytes(BYTES - 1))


def test_a_signature_is_not_to_be_reduced_by_the_modulus() -> None:
    """It is the same to a calculation modulo n; RFC 8017, section 5.2.2, step 1, asks for 0 <= s < n."""
    message, signature = right_signature(lambda s: s + N < 1 << 8 * BYTES)
    assert accepts(message, signature.to_bytes(BYTES))
    assert not accepts(message, (signature + N).to_bytes(BYTES))
    assert not accepts(message, (signature + N).to_bytes(BYTES + 1))
    assert not accepts(message, (signature + (N << 2048)).to_bytes(2 * BYTES))


LENGTHS: dict[str, Callable[[bytes], bytes]] = {
    "a zero in front": lambda s: b"\x00" + s,
    "two zeros in front": lambda s: b"\x00\x00" + s,
    "a zero behind": lambda s: s + b"\x00",
    "cut by a byte": lambda s: s[:-1],
    "half": lambda s: s[: BYTES // 2],
    "twice": lambda s: s + s,
    "one byte": lambda _: b"\x00",
    "DER": lambda s: b"\x02\x82\x01\x00" + s,
    "from behind": lambda s: s[::-1],
}


@pytest.mark.parametrize("change", LENGTHS.values(), ids=LENGTHS)
def test_a_signature_of_another_length_or_order_is_refused(change: Callable[[bytes], bytes]) -> None:
    message, signature = right_signature()
    assert not accepts(message, change(signature.to_bytes(BYTES)))


@pytest.mark.parametrize(
    "number", [0, 1, 2, N - 1, N, N + 1, N - 2, (1 << 2048) - 1, 1 << 2047, NUMBERS.p, NUMBERS.q],
    ids=["0", "1", "2", "n - 1", "n", "n + 1", "n - 2", "2^2048 - 1", "2^2047", "p", "q"],
)  # fmt: skip
def test_a_number_that_solves_nothing_is_refused(number: int) -> None:
    assert not accepts(signing_input(), number.to_bytes(BYTES))


def test_every_bit_of_a_signature_counts() -> None:
    message, signature = right_signature()
    for bit in range(8 * BYTES):
        assert not accepts(message, (signature ^ (1 << bit)).to_bytes(BYTES))


def test_a_signature_of_another_scheme_is_refused() -> None:
    message = signing_input()
    for salt in (0, 32):
        assert not accepts(message, PRIVATE_KEY.sign(message, PSS(MGF1(SHA256()), salt), SHA256()))


def test_a_signature_belongs_to_its_message_alone() -> None:
    _, signature = right_signature()
    assert not accepts(signing_input(username="mallory"), signature.to_bytes(BYTES))
