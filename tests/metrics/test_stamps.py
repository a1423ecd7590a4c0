import numpy as np
import pandas as pd

from harness.metrics.stamps import Stamps, flat, repeated


def frame(times, counts, base=1.0):
    columns = {"t": [np.array(t) for t in times], "n": [np.array(n) for n in counts]}
    return pd.DataFrame(columns).assign(base=base)


def test_arrays_are_laid_end_to_end_with_their_row():
    rows, values = flat(frame([[1, 2], [], [3]], [[], [], []])["t"])
    assert rows.tolist() == [0, 0, 2]
    assert values.tolist() == [1, 2, 3]


def test_a_time_stands_as_often_as_its_count():
    found = repeated(frame([[10, 20], [30]], [[2, 0], [1]]), "t", "n", "base")
    assert (found.row.tolist(), found.us.tolist()) == ([0, 0, 1], [10, 10, 30])


def test_a_row_with_arrays_of_two_lengths_gives_nothing_and_spoils_no_other():
    found = repeated(frame([[10, 20], [30]], [[1], [1]]), "t", "n", "base")
    assert (found.row.tolist(), found.us.tolist()) == ([1], [30])


def test_a_row_without_the_stamp_that_its_times_count_from_gives_nothing():
    found = repeated(frame([[10], [30]], [[1], [1]], base=[np.nan, 1.0]), "t", "n", "base")
    assert (found.row.tolist(), found.us.tolist()) == ([1], [30])


def test_neighbours_and_places_are_counted_within_a_row():
    stamps = Stamps(np.array([0, 0, 2, 2, 2]), np.array([1, 2, 1, 2, 3]))
    assert stamps.same_row.tolist() == [True, False, True, True]
    assert stamps.index_in_row().tolist() == [0, 1, 0, 1, 2]


def test_an_empty_table_has_empty_stamps():
    found = repeated(frame([], []), "t", "n", "base")
    assert len(found.row) == 0
