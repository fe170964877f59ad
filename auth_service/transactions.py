"""Transactions that MySQL may end at any time, because they and others wait for each other."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from pymysql.constants import ER
from sqlalchemy.exc import OperationalError

from auth_service.models import db
from common.database import error_number

TRIES = 3

Given = ParamSpec("Given")
Result = TypeVar("Result")


def repeated_after_deadlock(transaction: Callable[Given, Result]) -> Callable[Given, Result]:
    """Do a transaction again, from its beginning, if MySQL has undone it to end a deadlock (error 1213).

    What is decorated begins and commits a transaction of its own, and does nothing else that lasts.
    """

    @wraps(transaction)
    def repeated(*given: Given.args, **named: Given.kwargs) -> Result:
        for _ in range(TRIES - 1):
            try:
                return transaction(*given, **named)
            except OperationalError as error:
                if error_number(error) != ER.LOCK_DEADLOCK:
                    raise
                db.session.rollback()
        return transaction(*given, **named)

    return repeated
