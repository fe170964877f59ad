"""What is read of a request's body: all of it as it came, or none."""

from http import HTTPStatus
from typing import IO, cast

from flask import Request
from werkzeug.utils import cached_property
from werkzeug.wsgi import LimitedStream

from common.refusals import Refusal


class EncodedBody(Refusal):
    """The request's body has a content coding (RFC 9110, section 8.4), which no route here undoes."""

    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    msg = "The request's body must not have a Content-Encoding; a gzip file may be uploaded as it is."


class WholeStream(LimitedStream):
    """A body that has an end of its own, and may be too large.

    Werkzeug's readall gives the beginning of one that is.
    """

    def __init__(self, stream: IO[bytes], limit: int) -> None:
        """Read from a stream that knows its end, and no more than `limit` bytes."""
        super().__init__(stream, limit, is_max=True)
        self._whole = stream

    def readall(self) -> bytes:
        """Give all of it. Raises RequestEntityTooLarge, ClientDisconnected."""
        data = super().readall()
        if self.is_exhausted and self._whole.read(1):
            self.on_exhausted()
        return data


class WholeRequest(Request):
    """A request whose body is acted on as a whole or not at all."""

    @cached_property
    def stream(self) -> IO[bytes]:
        """Give the body, as Werkzeug does. Raises EncodedBody."""
        if self.environ.get("HTTP_CONTENT_ENCODING", "identity").lower() != "identity":
            raise EncodedBody
        stream = super().stream
        # Where the server knows the body's end, Werkzeug takes the largest length for all that there is.
        if isinstance(stream, LimitedStream) and "wsgi.input_terminated" in self.environ:
            return cast(IO[bytes], WholeStream(self.environ["wsgi.input"], stream.limit))
        return stream
