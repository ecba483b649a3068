import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server.features.push.errors import NoAnswer, OneSignalError, Overloaded, Refused
from mock_server.features.push.retries import PushRetryPolicy, with_retries

shares = st.floats(min_value=0, max_value=1, exclude_max=True)


@given(failures=st.integers(1, 5000), share=shares)
def test_a_wait_is_a_share_of_a_bound_that_doubles(failures: int, share: float) -> None:
    policy = PushRetryPolicy(base=0.5, longest=30, random=lambda: share)
    bound = min(30.0, 0.5 * 2 ** min(failures - 1, 10))
    assert policy.delay(failures) == pytest.approx(share * bound)


@given(failures=st.integers(1, 20), share=shares, asked=st.floats(0, 3600))
def test_a_wait_is_never_shorter_than_asked_for(failures: int, share: float, asked: float) -> None:
    policy = PushRetryPolicy(random=lambda: share)
    assert asked <= policy.delay(failures, asked) <= asked + policy.longest


class Attempts:
    """Fails with these errors, then succeeds."""

    def __init__(self, *errors: OneSignalError) -> None:
        self.errors = list(errors)
        self.failed: list[OneSignalError] = []
        self.waits: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)

    async def call(self) -> str:
        if self.errors:
            raise self.errors.pop(0)
        return "done"

    async def run(self, attempts: int = 3) -> str:
        policy = PushRetryPolicy(attempts=attempts, random=lambda: 0.5)
        return await with_retries(
            self.call, policy=policy, sleep=self.sleep, failed=self.failed.append
        )


@pytest.mark.asyncio
async def test_a_failure_that_may_pass_is_tried_again() -> None:
    attempts = Attempts(NoAnswer("reset"), Overloaded(429, "slow down", 20.0))
    assert await attempts.run() == "done"
    assert attempts.waits == [0.25, 20.5]
    assert len(attempts.failed) == 2


@pytest.mark.asyncio
async def test_with_retries_makes_no_more_attempts_than_the_policy_says() -> None:
    attempts = Attempts(*(NoAnswer(str(number)) for number in range(5)))
    with pytest.raises(NoAnswer, match="2"):
        await attempts.run(attempts=3)
    assert len(attempts.waits) == 2
    assert len(attempts.failed) == 3


@pytest.mark.asyncio
async def test_a_refused_request_is_not_tried_again() -> None:
    attempts = Attempts(Refused(400, "no"))
    with pytest.raises(Refused):
        await attempts.run()
    assert attempts.waits == []
    assert len(attempts.failed) == 1
