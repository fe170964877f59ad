"""100,000 rows: what people write instead, beside LOAD DATA and POST /upload."""

from functools import partial

from bench.comparison import Figure, Side, in_turn, ratio
from bench.mysql import ACCOUNT, SERVICE_TABLE, YARDSTICK_TABLE
from bench.session import Session

ROWS = 100_000
FILE = "/tmp/products.csv"  # noqa: S108
_LOAD_DATA, _UPLOAD = "LOAD DATA, s", "POST /upload, s"
_OTHERS = {
    "pandas and an ORM object a row, s": "pandas_and_orm",
    "pandas' to_sql, s": "to_sql",
    "csv and executemany in batches, s": "executemany",
}


def run(session: Session) -> list[Figure]:
    """Measure each against LOAD DATA of the same file into an empty table. The others check no cell."""
    session.stack.copy(session.products(ROWS), "load", FILE)
    sides: dict[str, Side] = {
        _LOAD_DATA: partial(_load_data, session),
        _UPLOAD: partial(_upload, session),
        **{name: partial(_other, session, way) for name, way in _OTHERS.items()},
    }
    samples = in_turn(session.rounds(), sides)
    return [_figure(name, samples) for name in (_UPLOAD, *_OTHERS)]


def _figure(name: str, samples: dict[str, list[float]]) -> Figure:
    return ratio(f"100,000 rows: time of {name.removesuffix(', s')} / LOAD DATA", samples, name, _LOAD_DATA)


def _load_data(session: Session) -> float:
    session.mysql.empty(YARDSTICK_TABLE)
    return session.mysql.load(session.products(ROWS), ROWS)


def _upload(session: Session) -> float:
    session.mysql.empty(SERVICE_TABLE)
    return session.client.upload(session.products(ROWS))


def _other(session: Session, way: str) -> float:
    session.mysql.empty(YARDSTICK_TABLE)
    url = f"mysql+pymysql://{ACCOUNT}:{session.mysql.password}@mysql:3306/bench"
    command = ("python", "-m", "bench.containers.others", way, FILE)
    seconds = float(session.stack.execute("load", *command, environment={"DATABASE_URL": url}).stdout)
    session.mysql.check_rows(ROWS)
    return seconds
