"""The products table of a MySQL database: read in ranges of keys, written by one LOAD DATA statement."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar, cast

from pymysql import err
from pymysql.constants import ER
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from catalog_service.ingest.checked_file import Chunk
from catalog_service.ingest.columns import COLUMNS
from catalog_service.ingest.failures import OutcomeUnknown, StoreBusy, StoreUnavailable
from catalog_service.ingest.limits import KIB
from catalog_service.ingest.load_data import LoadDataConnection, Rows
from catalog_service.ingest.row_format import escaped, unescaped
from catalog_service.ingest.store import Answer, Changed, Stored, Table
from common.database import engine_options, error_number

T = TypeVar("T")

ATTEMPTS = 3
"""How often a transaction that the server gave up for another's sake is tried in all."""
UNDO_SECONDS = 10
"""How long a server that has given up first may take to undo what an upload has loaded, and to say so."""
SPARSE = 4
"""A range of keys with more than so many stored products for one that is asked for is not read as a range."""

_LOAD = (
    "LOAD DATA LOCAL INFILE '{{name}}' REPLACE INTO TABLE products CHARACTER SET utf8mb4 "
    r"FIELDS TERMINATED BY '\t' ENCLOSED BY '' ESCAPED BY '\\' LINES TERMINATED BY '\n' "
    f"({COLUMNS[0]}, @line, {', '.join(COLUMNS[1:])}{{revision}}"
)
# A range of products as one text, with NULs between cells and two between products: no cell holds a NUL or is
# empty. Taking one value apart here is many times faster than having the driver take eight of each product.
_TEXT_BYTES = 64 * 1024 * KIB
_CELLS = (
    r"CONCAT_WS('\0', product_id, revision, product_name, category, "
    r"IFNULL(TRIM(TRAILING '.' FROM TRIM(TRAILING '0' FROM price)), '\\N'), IFNULL(quantity_sold, '\\N'), "
    r"IFNULL(rating, '\\N'), IFNULL(review_count, '\\N'))"
)
_TEXT_CELLS = (0, 2, 3)
"""The places in _CELLS of those that hold any text."""
_COUNT = "SELECT COUNT(*) FROM (SELECT 1 FROM products WHERE product_id BETWEEN %s AND %s LIMIT %s) AS some"
_PRODUCTS = f"SELECT COUNT(*), GROUP_CONCAT({_CELLS} SEPARATOR '\\0\\0') FROM products WHERE product_id "  # noqa: S608
_RANGE = _PRODUCTS + "BETWEEN %s AND %s"
_LISTED = _PRODUCTS + "IN %s"

_SESSION = (
    "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', max_execution_time = 0, "
    "transaction_isolation = 'READ-COMMITTED', innodb_lock_wait_timeout = {seconds}, "
    f"group_concat_max_len = {_TEXT_BYTES}"
)
_READ_ONLY = (ER.OPTION_PREVENTS_STATEMENT, 1836)  # the latter, ER_READ_ONLY_MODE, is unnamed in PyMySQL

log = logging.getLogger(__name__)


def make_ingest_engine(
    url: str | URL, *, seconds: int = 840, undo_seconds: int = UNDO_SECONDS, pool_size: int = 4
) -> Engine:
    """Make the engine whose connections load uploads: the only ones with LOAD DATA LOCAL.

    `seconds` bounds each wait for another upload's rows. A server that has said nothing for `undo_seconds`
    more is taken for dead.
    """
    url = make_url(url).update_query_dict({"charset": "utf8mb4"})
    options = engine_options(url, pool_size)
    patience = seconds + undo_seconds
    options["connect_args"] |= {
        "read_timeout": patience,
        "write_timeout": patience,
        "init_command": _SESSION.format(seconds=seconds),
    }
    engine = create_engine(url, **options)

    @event.listens_for(engine, "do_connect")
    def connect(_dialect: object, _record: object, arguments: Any, options: Any) -> LoadDataConnection:
        return LoadDataConnection(*arguments, **options)

    return engine


class MySqlStore:
    """The products table of a MySQL database."""

    def __init__(self, engine: Engine) -> None:
        """Load through an engine of make_ingest_engine."""
        self._engine = engine

    def transact(self, work: Callable[[Table], T], *, locking: bool = True) -> T:
        """Work as Store says."""
        for _ in range(ATTEMPTS):
            try:
                return self._transact_once(work, locking=locking)
            except (_GivenUp, Changed) as error:
                log.warning("the transaction is done again as a whole", exc_info=error)
        raise StoreBusy

    def _transact_once(self, work: Callable[[Table], T], *, locking: bool) -> T:
        with self._connection() as connection:
            with _named_errors():
                done = work(MySqlTable(connection, locking=locking))
            try:
                connection.commit()
            except DBAPIError as error:
                raise (StoreUnavailable if error_number(error) in _READ_ONLY else OutcomeUnknown) from error
            return done

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        """Lend a connection in a transaction, rolled back after any error, if need be by closing it."""
        try:
            connection = self._engine.connect()
            driver = _driver(connection)
            connection.begin()
        except PoolTimeoutError as error:
            raise StoreBusy("Too many uploads are being loaded, so nothing was. Please try again.") from error
        except SQLAlchemyError as error:
            raise StoreUnavailable from error
        try:
            yield connection
        except BaseException:
            try:
                # Not SQLAlchemy's: it does nothing on a connection that it knows to be lost.
                driver.rollback()
                connection.close()
            except (err.MySQLError, SQLAlchemyError):
                connection.invalidate()
                connection.close()
            raise
        connection.close()


class MySqlTable:
    """The products table in one transaction of MySQL's."""

    def __init__(self, connection: Connection, *, locking: bool) -> None:
        """Work on a connection of make_ingest_engine; `locking` keeps what is looked at as it is."""
        self.connection = connection
        self._driver = _driver(connection)
        self._lock = " FOR UPDATE" if locking else ""

    def is_empty(self) -> bool:
        """Tell as Table says."""
        return not self._query("SELECT 1 FROM products LIMIT 1")

    def ask(self, ids: Sequence[bytes]) -> Answer:
        """Ask as Table says: for a range where most of it is wanted, else by a list."""
        keys = [unescaped(product_id.decode()) for product_id in ids]
        span = (min(keys), max(keys))
        most = SPARSE * len(keys)
        ((count,),) = self._query(_COUNT, *span, most + 1)
        if count == 0:
            return dict
        where = (_RANGE, *span) if count <= most else (_LISTED, keys)
        return partial(_stored, self._begun(where[0] + self._lock, *where[1:]))

    def write(self, chunks: Iterable[Chunk], revision: int | None) -> int:
        """Write as Table says."""
        sent = 0

        def pieces() -> Iterator[bytes]:
            nonlocal sent
            for chunk in chunks:
                sent += chunk.rows
                yield chunk.data

        last = ", revision)" if revision is None else f") SET revision = {revision:d}"
        loaded = self._driver.load_data(_LOAD.format(revision=last), pieces())
        # LOAD DATA LOCAL turns what it can't take into warnings, even in strict mode.
        if loaded.warnings or loaded.skipped or loaded.records != sent:
            log.critical("the server took checked rows otherwise than sent: %s of %d", loaded, sent)
            raise StoreUnavailable(
                "The database did not take every row as it was sent, so nothing was loaded."
            )
        return loaded.deleted

    def delete(self, ids: Sequence[bytes]) -> None:
        """Delete as Table says."""
        keys = [unescaped(product_id.decode()) for product_id in ids]
        self._query("DELETE FROM products WHERE product_id IN %s", keys)

    def _query(self, statement: str, *parameters: object) -> Rows:
        return self._begun(statement, *parameters)()

    def _begun(self, statement: str, *parameters: object) -> Callable[[], Rows]:
        """Have the server work on a statement; the function waits for its rows."""
        with self._driver.cursor() as cursor:
            return self._driver.begin_query(cursor.mogrify(statement, parameters))


class _GivenUp(Exception):
    """The server gave the transaction up for another's sake: it may be tried again, as a whole."""


def _driver(connection: Connection) -> LoadDataConnection:
    return cast("LoadDataConnection", connection.connection.driver_connection)


def _stored(wait: Callable[[], Rows]) -> Mapping[bytes, Stored]:
    """Take products apart, by id. Raises StoreUnavailable if the server cut their text."""
    ((count, text),) = wait()
    if text is None:
        return {}
    if "\\" in text or "\t" in text or "\n" in text:
        text = "\0\0".join(map(_escaped, text.split("\0\0")))
    rows = text.replace("\0\0", "\n").replace("\0", "\t").encode().split(b"\n")
    if len(rows) != count:
        raise StoreUnavailable
    return dict([row.split(b"\t", 1) for row in rows])


def _escaped(product: str) -> str:
    cells = product.split("\0")
    for place in _TEXT_CELLS:
        cells[place] = escaped(cells[place])
    return "\0".join(cells)


@contextmanager
def _named_errors() -> Iterator[None]:
    try:
        yield
    except (err.MySQLError, DBAPIError) as error:
        # 1205 undoes the statement alone, 1213 the whole transaction: both are rolled back and begun anew.
        if error_number(error) in (ER.LOCK_DEADLOCK, ER.LOCK_WAIT_TIMEOUT):
            raise _GivenUp from error
        raise StoreUnavailable from error
