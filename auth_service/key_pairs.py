"""Key pairs as they are stored: the private half encrypted under the service's passphrase."""

import secrets
from datetime import datetime

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from auth_service.models import SigningKey
from common.refusals import Unavailable

KEY_BITS = 2048


class DamagedKey(Unavailable):
    """A stored key can't be read: it is damaged, or it was stored under another passphrase."""

    msg = "Tokens can't be issued at the moment."


def new_key(passphrase: bytes, generation: int, now: datetime, signs_from: datetime) -> SigningKey:
    """Make a key of a generation that signs from a time on."""
    private = rsa.generate_private_key(public_exponent=65_537, key_size=KEY_BITS)
    private_pem = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(passphrase),
    )
    public_pem = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return SigningKey(
        generation=generation,
        kid=secrets.token_urlsafe(12),
        private_pem=private_pem.decode("ascii"),
        public_pem=public_pem.decode("ascii"),
        created_at=now,
        signs_from=signs_from,
    )


def private_key(key: SigningKey, passphrase: bytes) -> rsa.RSAPrivateKey:
    """Read a key's private half. Raises DamagedKey."""
    try:
        private = serialization.load_pem_private_key((key.private_pem or "").encode(), passphrase)
    except (ValueError, TypeError) as error:
        raise DamagedKey from error
    if not isinstance(private, rsa.RSAPrivateKey):
        raise DamagedKey
    return private


def public_key(key: SigningKey) -> rsa.RSAPublicKey:
    """Read a key's public half. Raises DamagedKey."""
    try:
        public = serialization.load_pem_public_key(key.public_pem.encode())
    except ValueError as error:
        raise DamagedKey from error
    if not isinstance(public, rsa.RSAPublicKey):
        raise DamagedKey
    return public
