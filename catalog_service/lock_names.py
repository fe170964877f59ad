"""Names for MySQL's GET_LOCK, whose locks are common to all databases of a server."""

from sqlalchemy import Function, func

LONGEST_NAME = 64


def lock_name(prefix: str) -> Function[str]:
    """Give the name of a lock for the connection's database alone, as an expression."""
    return func.left(func.concat(prefix, func.database()), LONGEST_NAME)
