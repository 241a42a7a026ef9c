"""The collector is off only as long as it is meant to be."""

import gc

import pytest

from quorate.server.garbage import loading, not_collecting


def _fail() -> None:
    with not_collecting():
        assert not gc.isenabled()
        raise KeyError


def test_it_is_off_while_much_is_made_and_on_again_whatever_happens() -> None:
    with pytest.raises(KeyError):
        _fail()
    assert gc.isenabled()


def test_off_stays_off() -> None:
    gc.disable()
    try:
        with not_collecting():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_what_was_loaded_is_left_out_of_every_later_look() -> None:
    try:
        with loading():
            assert not gc.isenabled()
        assert gc.isenabled()
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()
