"""What holds for every test of the transports."""

from collections.abc import Iterator

import pytest

from harness.transports.kernel_stamps import KernelClock


@pytest.fixture(scope="session", autouse=True)
def the_kernel_stamps_from_the_first_read_on() -> Iterator[None]:
    """The kernel begins to stamp a moment after the first socket has asked, so one asks before all tests."""
    asking = KernelClock()
    yield
    asking.close()
