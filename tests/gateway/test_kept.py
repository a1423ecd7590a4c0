import msgspec
import pytest

from gateway import failure
from gateway.kept import Kept, KeptAnswers
from harness.dialects.events import Kind, TokenEvent, Usage


def kept(text: str = "wörd", **changed: object) -> Kept:
    answer = Kept("me", "q", [(Kind.REASONING, "hm"), (Kind.TEXT, text)], None, "stop", Usage(3, 1))
    return msgspec.structs.replace(answer, **changed)


def test_an_answer_comes_back_as_it_was_kept():
    store = KeptAnswers("", 10_000)
    broken = kept(failure=failure.DIED, usage=None)
    store.put("a", kept())
    store.put("b", broken)
    assert store.get("a") == kept()
    assert store.get("b") == broken
    assert store.get("a").events == [TokenEvent(Kind.REASONING, "hm"), TokenEvent(Kind.TEXT, "wörd")]
    assert store.get("c") is None
    store.close()


def test_the_oldest_go_when_the_store_is_full_and_it_never_holds_more():
    store = KeptAnswers("", 1000)
    for number in range(50):
        store.put(str(number), kept("x" * 100))
        assert store.size <= 1000
    held = [number for number in range(50) if store.get(str(number))]
    assert held == list(range(50 - len(held), 50))
    assert len(held) >= 5
    store.close()


def test_an_answer_bigger_than_the_store_pushes_nobody_out():
    store = KeptAnswers("", 1000)
    store.put("a", kept())
    store.put("b", kept("x" * 2000))
    assert store.get("a") == kept()
    assert store.get("b") is None
    store.close()


def test_a_later_answer_of_the_same_id_replaces_the_earlier():
    store = KeptAnswers("", 1000)
    store.put("a", kept("old"))
    before = store.size
    store.put("a", kept("new"))
    assert store.get("a") == kept("new")
    assert store.size == before
    store.close()


def test_a_store_with_a_path_outlives_its_process(tmp_path):
    path = str(tmp_path / "answers.db")
    first = KeptAnswers(path, 1000)
    first.put("a", kept())
    first.close()
    second = KeptAnswers(path, 1000)
    assert second.get("a") == kept()
    assert second.size == first.size
    second.close()


def test_a_path_that_cannot_be_a_store_is_named(tmp_path):
    with pytest.raises(OSError, match="nowhere"):
        KeptAnswers(str(tmp_path / "nowhere" / "x.db"), 1000)
