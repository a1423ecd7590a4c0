from gateway.heartbeat import Heartbeat


def test_it_is_due_that_long_after_the_last_word():
    beat = Heartbeat(15.0, 100.0)
    assert beat.due == 115.0
    beat.told(110.0)
    assert beat.due == 125.0


def test_it_is_a_comment_and_so_no_event_for_any_reader():
    assert Heartbeat.data == b": heartbeat\n\n"
