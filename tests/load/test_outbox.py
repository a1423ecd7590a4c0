"""Rows are counted where they are made and where they arrive, and a parcel that is missing is noticed."""

import msgspec

from harness.load.outbox import Inbox, Outbox
from harness.record import HostSample, StreamRecord, read_parts


def stream(number: int) -> StreamRecord:
    return StreamRecord(stream=number, intended_ns=number)


def test_alone_rows_go_to_the_parts_of_the_process(tmp_path):
    outbox = Outbox(tmp_path, "load-0", ships=False)
    outbox.put("streams", stream(1))
    outbox.put("host", HostSample(t_ns=1, process="load-0"))
    outbox.flush()
    assert [row.stream for row in read_parts(tmp_path, "streams").rows] == [1]
    assert len(read_parts(tmp_path, "host").rows) == 1
    outbox.close()
    assert outbox.made == 1  # streams, which the verdict counts


def test_without_a_folder_rows_are_counted_and_not_kept():
    outbox = Outbox(None, "load-0", ships=False)
    outbox.put("streams", stream(1))
    outbox.flush()
    assert outbox.made == 1


def test_a_worker_ships_each_row_once(tmp_path):
    outbox, inbox = Outbox(None, "load-1", ships=True), Inbox(tmp_path / "parts")
    for numbers in ([1, 2], [], [3]):
        for number in numbers:
            outbox.put("streams", stream(number))
        outbox.put("host", HostSample(t_ns=1, process="load-1"))
        parcel = msgspec.msgpack.decode(msgspec.msgpack.encode(outbox.parcel()))
        assert len(inbox.take("load-1", parcel)) == len(numbers)
    assert [row.stream for row in read_parts(tmp_path / "parts", "streams").rows] == [1, 2, 3]
    assert len(read_parts(tmp_path / "parts", "host").rows) == 3
    assert (inbox.expected, inbox.received, inbox.gaps) == ({"load-1": 3}, {"load-1": 3}, 0)


def test_a_parcel_that_never_came_is_a_gap_and_its_rows_are_missed(tmp_path):
    outbox, inbox = Outbox(None, "load-1", ships=True), Inbox(tmp_path)
    for number in (1, 2, 3):
        outbox.put("streams", stream(number))
        parcel = outbox.parcel()
        if number != 2:
            inbox.take("load-1", parcel)
    assert (inbox.expected, inbox.received, inbox.gaps) == ({"load-1": 3}, {"load-1": 2}, 1)


def test_a_worker_that_begins_again_hides_no_gap_of_another(tmp_path):
    inbox = Inbox(tmp_path)
    rows: dict[str, list[bytes]] = {"streams": [], "host": []}
    for worker, sequence in (("a", 1), ("a", 3), ("b", 9), ("b", 1)):
        inbox.take(worker, {"seq": sequence, "made": 0, "rows": rows})
    assert inbox.gaps == 1 + 8
