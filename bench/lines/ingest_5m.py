"""5,000,000 rows: whether a row costs more where there are more of them."""

from bench.comparison import Figure, in_turn, ratio
from bench.mysql import SERVICE_TABLE
from bench.session import Session

MILLION = 1_000_000
MANY = 5 * MILLION


def run(session: Session) -> list[Figure]:
    """Measure the time of a row against that of one of 1,000,000."""

    def upload(rows: int) -> float:
        session.mysql.empty(SERVICE_TABLE)
        return session.client.upload(session.products(rows)) / rows * 1e6

    many, few = "POST /upload of 5,000,000, µs a row", "POST /upload of 1,000,000, µs a row"
    sides = {few: lambda: upload(MILLION), many: lambda: upload(MANY)}
    samples = in_turn(session.rounds(MANY), sides)
    return [ratio("time per row, 5,000,000 rows / 1,000,000 rows", samples, many, few, "at most 1.5")]
