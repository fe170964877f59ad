"""The rows that keep account of uploads."""

import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pymysql.constants import ER
from sqlalchemy import Connection, Engine, Row, Select, delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import aliased

from catalog_service.ingest.options import Blank, Mode, OnError, Options
from catalog_service.ingest.parts import PartKind, keep_parts
from catalog_service.models import Upload, UploadPart
from catalog_service.stored_uploads import NewUpload, State, StoredUpload
from catalog_service.upload_claims import Claim
from common.database import UtcDateTime, error_number

_PRUNED_AT_ONCE = 4
_PIECE_BYTES = 64 * 1024
_LOCKED = 3572
"""ER_LOCK_NOWAIT, which PyMySQL has no name for."""

_undone = aliased(Upload)
_LONG_COLUMNS = frozenset({"answer", "report"})


class Overtaken(Exception):
    """Another request has begun an upload of this id meanwhile."""


class BeingCommitted(Exception):
    """The upload's end is being written at this moment."""


class UploadRecords:
    """The uploads of all users."""

    def __init__(self, reads: Engine, writes: Engine) -> None:
        """Read where a person waits for a small answer; write where one may have to wait for a load."""
        self._reads = reads
        self._writes = writes

    def find(self, owner: str, upload_id: str) -> StoredUpload | None:
        """Give a user's upload."""
        query = _select().where(Upload.owner == owner, Upload.upload_id == upload_id)
        with self._reads.connect() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else _stored(row)

    def newest(self, owner: str, before: int | None, count: int) -> Sequence[StoredUpload]:
        """Give a user's newest uploads below a number, the newest first, without their long texts."""
        query = _select(leave_out=_LONG_COLUMNS).where(Upload.owner == owner)
        if before is not None:
            query = query.where(Upload.number < before)
        with self._reads.connect() as connection:
            rows = connection.execute(query.order_by(Upload.number.desc()).limit(count))
            return [_stored(row) for row in rows]

    def settled(self, number: int) -> StoredUpload | None:
        """Give an upload whose process has ended as it will stay. Raises BeingCommitted.

        The last command of a dead process may still be running. If it is the COMMIT, the row's lock tells so,
        which `complete` took before.
        """
        lock = select(Upload.number).where(Upload.number == number).with_for_update(nowait=True)
        with self._reads.connect() as connection:
            try:
                connection.execute(lock)
            except OperationalError as error:
                if error_number(error) == _LOCKED:
                    raise BeingCommitted from error
                # A read-only server gives no lock, and has no COMMIT running.
                if error_number(error) != ER.OPTION_PREVENTS_STATEMENT:
                    raise
            row = connection.execute(_select().where(Upload.number == number)).one_or_none()
        return None if row is None else _stored(row)

    def begin(
        self, new: NewUpload, claim: Callable[[int], Claim], instead_of: int | None = None
    ) -> tuple[StoredUpload, Claim]:
        """Make a running upload, claimed before anybody sees it, instead of one that did not come to its end.

        It gets a number of its own, so that what may be left of the other run finds no row to complete.

        Raises Overtaken if there is an upload of this id, or another instead of the given one.
        """
        with self._writes.connect() as connection:
            try:
                number, started_at = _replace(connection, new, instead_of)
            except (IntegrityError, OperationalError) as error:
                if isinstance(error, IntegrityError) or error_number(error) == ER.LOCK_DEADLOCK:
                    raise Overtaken from error
                raise
            held = claim(number)
            try:
                connection.commit()
            except BaseException:
                held.release()
                raise
        given = {name: value for name, value in vars(new).items() if name not in {"owner", "undoes"}}
        undoes = new.undoes.upload_id if new.undoes else None
        running = StoredUpload(number, **given, undoes=undoes, state=State.RUNNING, started_at=started_at)
        return running, held

    def finish(self, number: int, values: Mapping[str, Any]) -> bool:
        """Write an upload's end, in a transaction of its own; False if it does not run any more."""
        with self._writes.begin() as connection:
            return finish_in(connection, number, values)

    def keep(self, number: int, kind: PartKind, parts: Iterable[bytes]) -> None:
        """Store parts in a transaction of their own."""
        with self._writes.begin() as connection:
            keep_parts(connection, number, kind, parts)

    def part(self, number: int, kind: PartKind, seq: int) -> Iterator[bytes] | None:
        """Give a part's content in small pieces, however much that is; None if there is no such part."""
        query = select(UploadPart.data).where(
            UploadPart.number == number, UploadPart.kind == kind, UploadPart.seq == seq
        )
        with self._reads.connect() as connection:
            data = connection.scalar(query)
        return None if data is None else _unpacked(data)

    def prune(self, before: datetime) -> None:
        """Drop the parts of some uploads that ended before a time, the oldest first.

        A look at the first row of the table, if there is nothing to drop.
        """
        for _ in range(_PRUNED_AT_ONCE):
            with self._reads.connect() as connection:
                oldest = connection.scalar(select(func.min(UploadPart.number)))
                # An interrupted one has no end.
                ended = func.coalesce(Upload.finished_at, Upload.started_at, type_=UtcDateTime)
                time = connection.scalar(select(ended).where(Upload.number == oldest))
            if oldest is None or (time is not None and time >= before):
                return
            with self._writes.begin() as connection:
                connection.execute(delete(UploadPart).where(UploadPart.number == oldest))


def finish_in(connection: Connection, number: int, values: Mapping[str, Any]) -> bool:
    """Write a running upload's end in the transaction in hand; False if it does not run any more."""
    running = update(Upload).where(Upload.number == number, Upload.state == State.RUNNING)
    return connection.execute(running.values(**values)).rowcount == 1


def mark_undone_in(connection: Connection, number: int) -> bool:
    """Note in the transaction in hand that an upload was undone; what it had undone itself stands again.

    False if it is not loaded any more, as of two that undo it at once the second one finds.
    """
    loaded = update(Upload).where(Upload.number == number, Upload.state == State.SUCCEEDED)
    if connection.execute(loaded.values(state=State.UNDONE)).rowcount != 1:
        return False
    undone = connection.scalar(select(Upload.undoes).where(Upload.number == number))
    if undone is not None:
        connection.execute(update(Upload).where(Upload.number == undone).values(state=State.SUCCEEDED))
    return True


def undo_is_kept_in(connection: Connection, number: int) -> bool:
    """Tell in the transaction in hand whether what an upload changed, if anything, can still be read."""
    counts = (Upload.created, Upload.updated, Upload.deleted)
    changed = or_(*(count > 0 for count in counts))
    part = select(UploadPart.seq).where(UploadPart.number == number, UploadPart.kind == "undo").exists()
    lost = select(Upload.number).where(Upload.number == number, changed, ~part)
    return connection.scalar(lost) is None


def _replace(connection: Connection, new: NewUpload, instead_of: int | None) -> tuple[int, datetime]:
    if instead_of is not None:
        unfinished = Upload.state.in_([State.RUNNING, State.FAILED])
        gone = connection.execute(delete(Upload).where(Upload.number == instead_of, unfinished))
        if gone.rowcount != 1:
            raise Overtaken
        connection.execute(delete(UploadPart).where(UploadPart.number == instead_of))
    started_at = datetime.now(UTC)
    values = {name: value for name, value in vars(new).items() if name not in {"options", "undoes"}}
    values |= new.options._asdict() | {"undoes": new.undoes.number if new.undoes else None}
    values |= {"state": State.RUNNING, "bytes_read": 0, "rows_read": 0, "started_at": started_at}
    number = connection.execute(insert(Upload).values(**values)).inserted_primary_key[0]  # type: ignore[index]
    return number, started_at


def _select(leave_out: frozenset[str] = frozenset()) -> Select[Any]:
    columns = [column for column in Upload.__table__.columns if column.name not in {"undoes", *leave_out}]
    undone = _undone.upload_id.label("undoes")
    return select(*columns, undone).outerjoin(_undone, _undone.number == Upload.undoes)


def _stored(row: Row[Any]) -> StoredUpload:
    values = row._asdict()
    del values["owner"]
    mode, on_error, blank = (values.pop(name) for name in ("mode", "on_error", "blank"))
    options = Options(Mode(mode), OnError(on_error), Blank(blank), values.pop("dry_run"))
    return StoredUpload(**values | {"state": State(values["state"]), "options": options})


def _unpacked(data: bytes) -> Iterator[bytes]:
    unpacker = zlib.decompressobj()
    while piece := unpacker.decompress(data, _PIECE_BYTES):
        yield piece
        data = unpacker.unconsumed_tail
