from gateway import failure
from gateway.moderated_voice import ModeratedVoice, refused
from gateway.moderation import Moderation
from gateway.voice import Voice
from harness.dialects.events import Kind, TokenEvent, Usage
from harness.plan.plan import GatewayOptions

SAID = [TokenEvent(Kind.REASONING, "hm"), TokenEvent(Kind.TEXT, "a r"), TokenEvent(Kind.TEXT, "ed rose")]


def voice(words: str = "") -> ModeratedVoice:
    return ModeratedVoice(Voice(), Moderation(GatewayOptions(refused_words=words)))


def test_nothing_is_said_before_the_end_and_then_all_of_it():
    said, plain = voice("green"), Voice()
    assert said.start() + said.say(SAID[:1]) + said.say(SAID[1:]) == b""
    assert said.verdict(None, "stop") is None
    assert said.end(None, "stop", Usage(1, 2), False) == plain.say(SAID) + plain.end(
        None, "stop", Usage(1, 2)
    )


def test_an_answer_that_is_refused_ends_in_an_error_that_says_nothing_of_it():
    said = voice("red")
    said.say(SAID)
    why = said.verdict(None, "stop")
    assert why == refused("refused_word")
    assert why is not None
    ending = said.end(why, "stop", Usage(1, 2), False)
    assert ending == Voice().end(why, "stop", None)
    assert b"rose" not in ending
    assert b"answer_refused" in ending


def test_thoughts_that_would_be_shown_are_cleared_too():
    said = voice("hm")
    said.say(SAID)
    assert said.verdict(None, "stop") == refused("refused_word")


def test_an_answer_that_broke_off_was_never_cleared():
    said = voice()
    said.say(SAID)
    assert said.verdict(failure.DIED, "") == failure.DIED
    assert b"rose" not in said.end(failure.DIED, "", None, False)
