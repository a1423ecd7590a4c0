from harness.load.lights import HostFiles, lights
from harness.record import HostSample, PartWriter

SECOND = 1_000_000_000


def sample(second=1, **fields):
    return HostSample(t_ns=second * SECOND, process="load-0", **fields)


def test_the_worst_process_and_second_decides():
    found = lights([sample(cpu=0.2, loop_lag_p99_ms=3.0), sample(cpu=0.8, loop_lag_p99_ms=26.0, steal=0.2)])
    assert found == {"loop lag": "INVALID", "collector": "VALID", "CPU": "SUSPECT", "steal": "SUSPECT"}


def test_without_samples_there_are_no_lights():
    assert lights([]) == {}


def test_growing_files_are_read_once_and_what_is_old_is_forgotten(tmp_path):
    files = HostFiles(tmp_path)
    assert files.recent() == []
    writers = [PartWriter(tmp_path, "host", f"load-{number}") for number in range(2)]
    for writer in writers:
        writer.write(sample(1, cpu=0.9))
        writer.flush()
    assert len(files.recent()) == len(files.recent()) == 2
    writers[0].write(sample(12, cpu=0.1))
    writers[0].close()
    assert [one.cpu for one in files.recent()] == [0.1]
    writers[1].close()


def test_a_line_that_is_still_being_written_waits_for_its_end(tmp_path):
    writer = PartWriter(tmp_path, "host", "load-0")
    writer.write(sample(1))
    writer.close()
    whole = writer.path.read_bytes()
    writer.path.write_bytes(whole[:-5])
    files = HostFiles(tmp_path)
    assert files.recent() == []
    writer.path.write_bytes(whole)
    assert len(files.recent()) == 1
