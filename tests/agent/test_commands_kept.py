from quorate.agent.commands_kept import AT_RISK_S, MAX_KEPT, CommandsKept
from quorate.link.messages import CommandGiven
from quorate.model.command import Status


def given(message: str) -> CommandGiven:
    return CommandGiven(stream="s1", message=message, command=Status(id=None))


def test_what_is_not_answered_is_told_again_and_again() -> None:
    kept = CommandsKept()
    kept.keep(given("m1"), now=0.0)
    kept.keep(given("m2"), now=1.0)
    assert kept.again(2.0) == kept.again(3.0) == [given("m1"), given("m2")]
    kept.done("s1", "m1")
    assert kept.again(2.0) == [given("m2")]


def test_what_was_typed_long_ago_is_not_told_again_but_said_to_be_lost() -> None:
    kept = CommandsKept()
    kept.keep(given("m1"), now=0.0)
    kept.keep(given("m2"), now=AT_RISK_S)
    assert kept.again(AT_RISK_S + 1) == [given("m2")]
    assert kept.too_old(AT_RISK_S + 1) == [given("m1")]
    assert kept.too_old(AT_RISK_S + 1) == []


def test_what_was_given_up_is_not_told_again() -> None:
    kept = CommandsKept()
    kept.keep(given("m1"), now=0.0)
    assert kept.give_up() == [given("m1")]
    assert kept.again(0.0) == kept.give_up() == []


def test_it_is_bounded() -> None:
    kept = CommandsKept()
    for n in range(MAX_KEPT + 1):
        kept.keep(given(str(n)), now=0.0)
    assert [command.message for command in kept.again(0.0)][:1] == ["1"]
    assert len(kept.again(0.0)) == MAX_KEPT
