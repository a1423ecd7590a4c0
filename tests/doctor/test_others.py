"""What others took of the machine, from two looks at the clocks of the CPU."""

from harness.doctor.others import Used, share, used


def test_what_is_busy_and_not_ours_is_others():
    before, after = Used(100.0, 1000.0, 10.0), Used(150.0, 1100.0, 40.0)
    assert share(before, after) == 0.2


def test_rounding_of_ticks_never_makes_it_negative():
    assert share(Used(100.0, 1000.0, 10.0), Used(101.0, 1100.0, 12.0)) == 0.0


def test_a_platform_that_says_nothing_has_no_others():
    assert share(Used(0.0, 0.0, 1.0), Used(0.0, 0.0, 5.0)) == 0.0


def test_our_own_use_grows():
    before = used()
    sum(number * number for number in range(200_000))
    assert used().ours >= before.ours
