"""What `streamproof networks` shows."""

from harness.network.listing import journey_lines, profile_lines
from harness.network.profiles import load_profiles
from harness.plan.network import NamedJourney, Step


def line(id: str) -> str:
    [found] = [line for line in profile_lines(load_profiles()) if line.startswith(f"{id} ")]
    return " ".join(found.split())


def test_a_profile_shows_its_numbers_what_is_applied_and_whose_they_are() -> None:
    assert line("bs/4g-lte-good") == (
        "bs/4g-lte-good 18000/9000 100 round trip 0 2250 KB/s +50 ms · 1125 KB/s +50 ms "
        "BrowserStack, simulated network profiles, undated copy"
    )


def test_one_way_delays_and_losses_are_said() -> None:
    assert "350/370 one way" in line("atc/edge-good")
    assert "1 %" in line("atc/edge-lossy")


def test_a_profile_that_nobody_published_is_called_ours() -> None:
    mine = [profile for profile in load_profiles().values() if not profile.published]
    assert mine
    assert all("ours:" in line(profile.id) for profile in mine)


def test_every_column_begins_at_the_same_place() -> None:
    lines = profile_lines(load_profiles())
    begins = {text.index(word) for text, word in ((lines[0], "source, date"), (lines[1], "Android"))}
    assert len(begins) == 1


def test_a_journey_shows_its_name_and_its_story() -> None:
    journey = NamedJourney(description="Up\n  and down.", links={"lte": "x"}, steps=[Step(link="lte")])
    assert journey_lines({"lift": journey}) == ["lift               Up and down."]
