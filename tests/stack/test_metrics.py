"""What Prometheus is told is the sum over all workers, whichever is asked."""

import re
import time

from common.request_times import SHARE_SECONDS
from tests.contract.client import Client
from tests.stack.compose import Stack

ASK = "import urllib.request; print(urllib.request.urlopen('http://127.0.0.1:8000/metrics').read().decode())"
COUNT = re.compile(
    r'^http_request_duration_seconds_count\{method="GET",route="/protected",status="401"\} (\d+)\.0$',
    re.MULTILINE,
)
REQUESTS = 40


def count(stack: Stack) -> int:
    """Give what one of the workers tells, when all have shared what they have counted."""
    time.sleep(2 * SHARE_SECONDS)
    found = COUNT.search(stack.execute("auth_service", "python", "-c", ASK))
    return int(found[1]) if found else 0


def test_workers_add_up_what_they_count(stack: Stack, anonymous: Client) -> None:
    before = count(stack)
    for _ in range(REQUESTS):
        assert anonymous.get("/protected").status_code == 401
    assert {count(stack) for _ in range(5)} == {before + REQUESTS}
