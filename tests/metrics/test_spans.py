from harness.metrics.spans import Event, events, phase_spans
from tests.synthetic import Scene, at, plan

TWO = [
    {"name": "one", "duration_s": 10.0, "load": {"users": 1}},
    {"name": "two", "duration_s": 10.0, "load": {"users": 1}},
]


def test_phases_last_from_their_start_to_their_end():
    spans = phase_spans(Scene(plan(phases=TWO)).run())
    assert spans == {"one": (at(0), at(10)), "two": (at(10), at(20))}


def test_an_early_end_cuts_a_phase_short_and_what_was_to_come_did_not_take_place():
    assert phase_spans(Scene(plan(phases=TWO), facts={"ended_ns": at(4)}).run()) == {"one": (at(0), at(4))}


def test_an_outage_lasts_from_its_begin_to_its_end_at_the_same_cohort():
    scene = Scene()
    scene.note(3.0, "network", "outage_begin", cohort="a", phase="steady")
    scene.note(4.0, "network", "outage_begin", cohort="b", phase="steady")
    scene.note(5.0, "network", "outage_end", cohort="b", phase="steady")
    scene.note(6.0, "network", "outage_end", cohort="a", phase="steady")
    found = [(event.cohort, event.start_ns, event.end_ns) for event in events(scene.run())]
    assert found == [("a", at(3.0), at(6.0)), ("b", at(4.0), at(5.0))]


def test_a_link_lasts_until_the_next_one():
    scene = Scene()
    scene.note(1.0, "network", "link", cohort="a", params={"link": "lte"})
    scene.note(7.0, "network", "link", cohort="a", params={"link": "edge"})
    found = [(event.name, event.start_ns, event.end_ns) for event in events(scene.run())]
    assert found == [("lte", at(1.0), at(7.0)), ("edge", at(7.0), at(21.0))]


def test_a_cut_lasts_while_it_is_armed_and_knows_how():
    scene = Scene()
    scene.note(3.0, "network", "cut", cohort="a", params={"how": "rst", "took_ms": 2.0})
    scene.note(3.5, "network", "cut_end", cohort="a", params={"how": "rst"})
    scene.note(9.0, "network", "cut", cohort="a", params={"how": "fin"})
    found = [(event.name, event.mode, event.start_ns, event.end_ns) for event in events(scene.run())]
    assert found == [("cut rst", "rst", at(3.0), at(3.5)), ("cut fin", "fin", at(9.0), at(9.0))]


def test_what_could_not_be_applied_did_not_happen_and_leaves_a_path_that_nobody_knows():
    scene = Scene()
    scene.note(3.0, "network", "cut", cohort="a", params={"how": "rst"}, error="the proxy did not answer")
    scene.note(4.0, "network", "cut_end", cohort="a", error="the proxy is quarantined")
    run = scene.run()
    assert events(run) == [Event("unknown", at(3.0), run.facts.ended_ns, "", "a", {"name": "path"})]
    assert events(run)[0].name == "path unknown"


def test_a_death_is_an_event():
    scene = Scene()
    scene.note(3.0, "process", "died", params={"name": "mock provider"})
    assert [(event.kind, event.name) for event in events(scene.run())] == [("died", "mock provider died")]
