"""The yardstick of uploads: the `mysql` client's own LOAD DATA LOCAL INFILE, run inside MySQL's container."""

import re
import secrets
from pathlib import Path

from bench.comparison import LoadedOtherwise
from bench.stack import Stack
from catalog_service.ingest.columns import COLUMNS

SERVICE_TABLE = "catalog.products"
YARDSTICK_TABLE = "bench.products"
ACCOUNT = "bench"
_FOLDER = "/var/lib/mysql-tmp"
# The client runs in the container and is timed there, so that starting `docker exec` is nobody's time.
_CLIENT = (
    "export MYSQL_PWD=$(cat /run/secrets/mysql_root_password); TIMEFORMAT=%R; "
    'time mysql --user=root --local-infile=1 -vvv --execute="$0"'
)
_LOADED = re.compile(r"Records: (\d+) .*Warnings: (\d+)")


class MySql:
    """The stack's server, and a table like the service's beside it."""

    def __init__(self, stack: Stack) -> None:
        """Make the yardstick's table, and an account that may use it."""
        self.password = secrets.token_hex(16)
        self._stack = stack
        self._copied: set[Path] = set()
        self.execute(
            "CREATE DATABASE bench; "
            f"CREATE TABLE {YARDSTICK_TABLE} LIKE {SERVICE_TABLE}; "
            f"CREATE USER {ACCOUNT} IDENTIFIED BY '{self.password}'; GRANT ALL ON bench.* TO {ACCOUNT}"
        )

    def execute(self, statements: str) -> str:
        """Run statements as root and give the client's output. Raises CommandFailed."""
        return self._run(statements)[0]

    def version(self) -> str:
        """Give the server's version."""
        return self._run("SELECT CONCAT('version:', VERSION()) AS ''")[0].split("version:")[-1].split()[0]

    def empty(self, table: str) -> None:
        """Make a table empty and small again."""
        self.execute(f"TRUNCATE TABLE {table}")

    def load(self, path: Path, rows: int, *, replace: bool = False) -> float:
        """Load a file into the yardstick's table and give the client's seconds. Raises LoadedOtherwise."""
        if path not in self._copied:
            self._stack.copy(path, "mysql", f"{_FOLDER}/{path.name}")
            self._copied.add(path)
        output, seconds = self._run(
            f"LOAD DATA LOCAL INFILE '{_FOLDER}/{path.name}' {'REPLACE' if replace else ''} "
            f"INTO TABLE {YARDSTICK_TABLE} CHARACTER SET utf8mb4 "
            "FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '\"' ESCAPED BY '' LINES TERMINATED BY '\\n' "
            f"IGNORE 1 LINES ({', '.join(COLUMNS)})"
        )
        loaded = _LOADED.search(output)
        if loaded is None or loaded.groups() != (str(rows), "0"):
            raise LoadedOtherwise(output)
        return seconds

    def check_rows(self, rows: int) -> None:
        """See to it that the yardstick's table holds so many rows. Raises LoadedOtherwise."""
        output = self.execute(f"SELECT CONCAT('rows:', COUNT(*), ';') AS '' FROM {YARDSTICK_TABLE}")  # noqa: S608
        if f"rows:{rows};" not in output:
            raise LoadedOtherwise(output)

    def check_tables_equal(self) -> None:
        """See to it that service and yardstick hold the same rows. Raises LoadedOtherwise."""
        # The service's rows have a number of their upload besides, which LOAD DATA knows nothing of.
        content = f"CONCAT_WS('#', {', '.join(COLUMNS)})"
        total = (
            f"CONCAT('sum:', COUNT(*), '-', BIT_XOR(CRC32({content})), '-', SUM(CRC32({content})), ';') AS ''"
        )
        output = self.execute(
            f"SELECT {total} FROM {SERVICE_TABLE}; SELECT {total} FROM {YARDSTICK_TABLE}"  # noqa: S608
        )
        sums = re.findall(r"sum:(\d+-\d+-\d+);", output)
        if len(sums) != 2 or sums[0] != sums[1]:  # noqa: PLR2004
            raise LoadedOtherwise(output)

    def _run(self, statements: str) -> tuple[str, float]:
        output = self._stack.execute("mysql", "bash", "-c", _CLIENT, statements)
        return output.stdout, float(output.stderr.split()[-1])
