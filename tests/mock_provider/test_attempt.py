from mock_provider.attempt import Attempts, Identity, identify, key_digest


def test_one_mark_names_the_stream_and_its_repetition_changes_nothing() -> None:
    assert identify("[sid:000042] hi") == Identity(42, 42)
    assert identify("[sid:000042] hi [sid:000042]") == Identity(42, 42)


def test_no_mark_and_several_are_recorded_and_still_get_the_same_stream_each_time() -> None:
    none, several = identify("hi"), identify("[sid:000001] [sid:000002]")
    assert (none.recorded, several.recorded) == (-1, -2)
    assert none == identify("hi")
    assert none.stream != identify("ho").stream


def test_attempts_of_a_stream_are_counted_and_unmarked_requests_are_all_firsts() -> None:
    attempts = Attempts()
    assert [attempts.count(Identity(5, 5)) for _ in range(3)] == [1, 2, 3]
    assert [attempts.count(Identity(9, -1)) for _ in range(2)] == [1, 1]


def test_the_oldest_stream_is_forgotten_beyond_the_bound() -> None:
    attempts = Attempts(bound=2)
    for stream in (1, 2, 3):
        attempts.count(Identity(stream, stream))
    assert [attempts.count(Identity(stream, stream)) for stream in (3, 2, 1)] == [2, 2, 1]


def test_a_digest_tells_keys_apart_and_hides_them() -> None:
    assert key_digest("") == ""
    assert key_digest("sk-a") != key_digest("sk-b")
    assert "sk-a" not in key_digest("sk-a")
