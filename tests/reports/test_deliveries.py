"""What a report says of streams beside whole answers."""

import pytest

from harness.summary import Delivery
from reports import deliveries, html, terminal
from tests.reports.examples import empty

STREAMED = Delivery(
    phase="chat",
    streamed=True,
    answers=20,
    values={"first_ms": 250.0, "last_ms": 1500.0, "read_ms": 12_000.0, "waited_ms": 400.0,
            "bytes_per_token": 60.0,
            "bytes_per_token_if_repeated": 700.0, "system_cpu_ms": 12.0},
)  # fmt: skip
WHOLE = Delivery(
    phase="chat at once",
    streamed=False,
    against="chat",
    answers=18,
    values={
        "first_ms": 1500.0,
        "last_ms": 1500.0,
        "read_ms": 13_250.0,
        "waited_ms": 1500.0,
        "bytes_per_token": 24.0,
    },
    ratios={"first_ms": 6.0, "last_ms": 1.0, "bytes_per_token": 0.4, "system_cpu_ms": 0.8},
)
ALONE = Delivery(phase="batch", streamed=False, answers=3)


def test_gain_and_cost_are_one_sentence_a_work():
    summary = empty(deliveries=[STREAMED, ALONE, WHOLE])
    assert deliveries.sentences(summary) == [
        "chat: the first text came after 0.25 s instead of 1.50 s; who reads along waited 0.40 s instead of "
        "1.50 s in all; it took 2.50 times the bytes and 1.25 times the system's CPU."
    ]
    assert deliveries.repeated(summary) == ["chat: 700 B a token instead of 60.0"]


def test_whole_answers_stand_below_the_same_work_streamed_and_unknown_columns_are_left_out():
    summary = empty(deliveries=[STREAMED, ALONE, WHOLE])
    assert deliveries.rows(summary) == [STREAMED, WHOLE, ALONE]
    heads = [column.head for column in deliveries.columns(summary)]
    assert heads == [
        "First text", "Last text", "Readers waited", "Read through", "Bytes a token", "CPU, system",
    ]  # fmt: skip


@pytest.mark.parametrize("rows", [[STREAMED, WHOLE, ALONE], [ALONE], []])
def test_page_and_terminal_show_them_where_there_are_any(rows):
    summary = empty(deliveries=rows)
    page = html.render(summary)
    assert ('id="delivery"' in page) == bool(rows)
    assert ("× 6.00" in page) == (WHOLE in rows)
    assert terminal.final(summary) is not None
