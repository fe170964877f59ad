"""Where signing keys are stored, and the replicas that share them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from sqlalchemy import Engine, create_engine, make_url, select, update
from sqlalchemy.orm import Session

from auth_service.models import Base, SigningKey
from auth_service.signing_keys import SigningKeys
from common.database import engine_options, prepare_engine

PASSPHRASE = "a passphrase of the tests"
AHEAD = 120
KEYS = [rsa.generate_private_key(public_exponent=65_537, key_size=2048) for _ in range(3)]


class Database:
    """A database that can go away, and counts how often it is asked for."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.engines: list[Engine] = []
        self.engine = self.connect()
        self.asked = 0
        self.gone = False
        Base.metadata.create_all(self.engine)

    def connect(self) -> Engine:
        """Make an engine of its own, as another replica has one."""
        url = make_url(f"sqlite:///{self.path}/auth.db")
        engine = create_engine(url, **engine_options(url, pool_size=1))
        prepare_engine(engine)
        self.engines.append(engine)
        return engine

    def __call__(self) -> Engine:
        self.asked += 1
        return create_engine(f"sqlite:///{self.path}/gone/auth.db") if self.gone else self.engine

    def stored(self) -> list[SigningKey]:
        with Session(self.engine) as session:
            return list(session.scalars(select(SigningKey).order_by(SigningKey.generation)))

    def store(self, generation: int, signs_in_seconds: float, passphrase: str = PASSPHRASE) -> str:
        """Store a key that signs from so many seconds after now; negative ones have passed."""
        private = KEYS[generation - 1]
        encryption = serialization.BestAvailableEncryption(passphrase.encode())
        now = datetime.now(UTC)
        key = SigningKey(
            generation=generation,
            kid=f"key {generation}",
            private_pem=private.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption
            ).decode(),
            public_pem=private.public_key()
            .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
            .decode(),
            created_at=now,
            signs_from=now + timedelta(seconds=signs_in_seconds),
        )
        with Session(self.engine) as session:
            session.add(key)
            session.commit()
        return f"key {generation}"

    def damage(self, **columns: str | None) -> None:
        with Session(self.engine) as session:
            session.execute(update(SigningKey).values(**columns))
            session.commit()


def replica(
    database: Callable[[], Engine], passphrase: str = PASSPHRASE, ahead: int = AHEAD, rotate_days: int = 0
) -> SigningKeys:
    return SigningKeys(database, passphrase, ahead, rotate_days)


def engine_of_its_own(database: Database) -> Callable[[], Engine]:
    engine = database.connect()
    return lambda: engine
