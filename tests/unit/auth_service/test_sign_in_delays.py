"""Wrong passwords in a row are counted, and each makes the next try wait longer."""

from datetime import timedelta

import pytest

from auth_service.allowances import Allowance, TooManyWrongPasswords
from auth_service.models import db
from auth_service.sign_in_delays import FADES_AFTER, LONGEST_DELAY_SECONDS, SignInDelays, delay_after
from tests.unit.auth_service.guesses import FREE, Clock, failures

pytestmark = pytest.mark.usefixtures("_request_context")

GUESSER = b"g" * 32


@pytest.fixture
def delays(clock: Clock) -> SignInDelays:
    return SignInDelays(db.session, Allowance(db.session, TooManyWrongPasswords, 0), clock)


def fail(delays: SignInDelays, times: int = 1) -> list[bool]:
    """Count wrong passwords, and tell which of them were."""
    counted = []
    for _ in range(times):
        counted.append(delays.count(GUESSER))
        db.session.commit()
    return counted


def test_the_wait_doubles_from_the_fifth_failure_on_up_to_five_minutes() -> None:
    waits = [int(delay_after(number).total_seconds()) for number in range(16)]

    assert waits == [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
    assert delay_after(10**9) == timedelta(seconds=LONGEST_DELAY_SECONDS)


def test_a_count_outlives_its_longest_delay() -> None:
    assert timedelta(seconds=LONGEST_DELAY_SECONDS) < FADES_AFTER


def test_while_a_delay_lasts_nothing_is_counted_and_nothing_accepted(
    delays: SignInDelays, clock: Clock
) -> None:
    assert fail(delays, 5) == [True] * 5

    clock.pass_seconds(0.9)
    assert fail(delays, 3) == [False] * 3
    assert not delays.accept(GUESSER)
    assert failures() == [5]
    clock.pass_seconds(0.1)
    assert delays.accept(GUESSER)


def test_who_failed_by_a_clock_that_was_wrong_does_not_wait_for_it(
    delays: SignInDelays, clock: Clock
) -> None:
    """F38."""
    clock.pass_seconds(600)
    assert fail(delays, 5) == [True] * 5
    clock.pass_seconds(-600)
    assert delays.accept(GUESSER)


def test_each_failure_after_a_delay_doubles_the_next(delays: SignInDelays, clock: Clock) -> None:
    fail(delays, 5)
    for wait in (1, 2, 4, 8):
        clock.pass_seconds(wait - 0.01)
        assert fail(delays) == [False]
        clock.pass_seconds(0.01)
        assert fail(delays) == [True]
    assert failures() == [9]


def test_a_right_password_forgets_the_wrong_ones(delays: SignInDelays) -> None:
    fail(delays, FREE)

    assert delays.accept(GUESSER)

    assert failures() == []


@pytest.mark.parametrize(("seconds", "number"), [(899, 5), (900, 1)])
def test_a_count_fades_after_a_quarter_of_an_hour(
    delays: SignInDelays, clock: Clock, seconds: int, number: int
) -> None:
    fail(delays, FREE)

    clock.pass_seconds(seconds)
    fail(delays)

    assert failures() == [number]


@pytest.mark.usefixtures("_tidied_each_time")
def test_faded_counts_are_removed_when_others_are_added(delays: SignInDelays, clock: Clock) -> None:
    for number in range(30):
        delays.count(bytes([number]) * 32)
        db.session.commit()

    clock.pass_seconds(FADES_AFTER.total_seconds() + 1)
    assert fail(delays) == [True]
    assert len(failures()) == 11
    assert fail(delays) == [True]
    assert failures() == [2]
