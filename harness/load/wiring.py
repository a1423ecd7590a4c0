"""What a load process must know of a run beyond its plan: addresses and where to write."""

import msgspec


class Wiring(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Handed to Locust as one JSON option, and so to its workers on other machines too."""

    url: str  # the system under test
    # "phase/cohort" -> the same system behind that cohort's network; "phase/" -> a phase's own system
    cohorts: dict[str, str] = {}
    folder: str = ""  # for parts; empty: nothing is recorded
    prompts: list[str] = []

    def route(self, phase: str, cohort: str) -> str:
        return self.cohorts.get(f"{phase}/{cohort}", self.url)
