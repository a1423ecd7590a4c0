from harness.clock import SECOND
from harness.plan.provider import Quota
from mock_provider.quota import CONCURRENT_RETRY_NS, Bucket, Demand, KeyQuota

ONE = Demand(1, 0)


def test_a_client_that_comes_back_at_the_told_instant_is_admitted_and_not_before() -> None:
    bucket = Bucket(per_minute=7, burst_s=60, now_ns=0)
    bucket.take(7)
    wait_ns = bucket.wait_ns(1, 0)
    assert bucket.wait_ns(1, wait_ns - 1) == 1
    assert bucket.wait_ns(1, wait_ns) == 0


def test_a_minute_of_pressure_gets_exactly_the_rate_after_the_burst() -> None:
    quota = KeyQuota(Quota(rpm=120, burst_s=1), 0)
    burst = quota.buckets["rpm"].capacity
    accepted = 0
    for tick in range(60 * 100):
        if quota.admit(ONE, tick * SECOND // 100) is None:
            accepted += 1
            quota.release(ONE, 0)
    assert burst == 2
    assert abs(accepted - burst - 120) <= 1


def test_a_refusal_takes_nothing() -> None:
    quota = KeyQuota(Quota(rpm=60, tpm=100), 0)
    refusal = quota.admit(Demand(1, 100), 0)
    assert refusal is not None
    assert refusal.limit == "tpm"
    assert refusal.wait_ns is None  # larger than the bucket: no waiting helps
    assert quota.standing(0)["requests"].remaining == 60
    assert quota.open == 0


def test_the_limit_that_takes_longest_to_refill_is_the_one_named() -> None:
    quota = KeyQuota(Quota(rpm=1, tpm=6000), 0)
    assert quota.admit(Demand(3000, 3000), 0) is None
    refusal = quota.admit(Demand(5, 5), 0)
    assert refusal is not None
    assert (refusal.limit, refusal.wait_ns) == ("rpm", 60 * SECOND)


def test_what_was_reserved_and_not_used_comes_back() -> None:
    quota = KeyQuota(Quota(tpm=1000), 0)
    assert quota.admit(Demand(100, 800), 0) is None
    assert quota.standing(0)["tokens"].remaining == 100
    quota.release(Demand(100, 800), 100)
    assert quota.standing(0)["tokens"].remaining == 800


def test_the_bucket_never_overflows() -> None:
    bucket = Bucket(per_minute=60, burst_s=60, now_ns=0)
    bucket.give(1000)
    assert bucket.remaining(10 * SECOND) == 60


def test_concurrency_is_a_limit_of_its_own() -> None:
    quota = KeyQuota(Quota(concurrent=1), 0)
    assert quota.admit(ONE, 0) is None
    refusal = quota.admit(ONE, 0)
    assert refusal is not None
    assert (refusal.limit, refusal.wait_ns) == ("concurrent", CONCURRENT_RETRY_NS)
    quota.release(ONE, 0)
    assert quota.admit(ONE, 0) is None


def test_standing_names_the_time_until_the_bucket_is_full() -> None:
    quota = KeyQuota(Quota(rpm=60), 0)
    for _ in range(3):
        assert quota.admit(ONE, 0) is None
    standing = quota.standing(SECOND)
    assert (standing["requests"].remaining, standing["requests"].reset_ns) == (58, 2 * SECOND)
    assert "tokens" not in standing


def test_input_and_output_tokens_have_buckets_of_their_own() -> None:
    quota = KeyQuota(Quota(itpm=100, otpm=1000), 0)
    assert quota.admit(Demand(90, 10), 0) is None
    refusal = quota.admit(Demand(20, 10), 0)
    assert refusal is not None
    assert refusal.limit == "itpm"
    quota.release(Demand(90, 10), 0)
    assert quota.standing(0)["input-tokens"].remaining == 10  # what was read is spent
    assert quota.standing(0)["output-tokens"].remaining == 1000


def test_a_quota_that_nobody_uses_is_like_one_never_seen() -> None:
    quota = KeyQuota(Quota(rpm=60), 0)
    assert quota.idle(0)
    assert quota.admit(ONE, 0) is None
    assert not quota.idle(0)
    quota.release(ONE, 0)
    assert not quota.idle(0)
    assert quota.idle(SECOND)
