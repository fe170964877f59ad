"""Changes of one account take turns: each locks the account's row first, until its transaction ends.

An update that changes nothing locks a row on MySQL and on SQLite alike, and its condition is tried once the
lock is held. What else belongs to the account is locked after its row, so that no two changes wait for each
other.
"""

from sqlalchemy import ColumnElement, update

from auth_service.changes import change
from auth_service.models import User, db


def lock_account(user_id: str) -> bool:
    """Lock an account's row, and tell whether people can sign in to it: it is there, and not disabled."""
    return _lock(User.id == user_id, User.disabled_at.is_(None))


def lock_unchanged(user: User) -> bool:
    """Lock an account's row, and tell whether it is still as `user`, whose password was right, says."""
    return _lock(User.id == user.id, User.password_hash == user.password_hash, User.disabled_at.is_(None))


def lock_in_any_state(*user_ids: str) -> None:
    """Lock the rows of accounts, where there are any, in one order whoever asks."""
    _lock(User.id.in_(user_ids))


def _lock(*conditions: ColumnElement[bool]) -> bool:
    return change(db.session(), update(User).where(*conditions).values(id=User.id)) == 1
