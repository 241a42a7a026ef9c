import json
from dataclasses import MISSING, fields
from itertools import permutations
from typing import get_args

import pytest
from hypothesis import given, settings
from pydantic import TypeAdapter

from quorate.errors import Misconfigured
from quorate.model.activity import Activity
from quorate.model.requirement import Part
from quorate.store.documents import FORMAT, activity_from, activity_text, effect_from, effect_text
from tests.store.samples import activities, activity, every_effect


@settings(max_examples=50)
@given(activities)
def test_an_activity_comes_back_as_it_was(before: Activity) -> None:
    assert activity_from(activity_text(before), FORMAT) == before


def test_no_part_of_a_requirement_could_be_read_as_another() -> None:
    """Reading takes the first whose required fields are there."""
    needs = [{f.name for f in fields(kind) if f.default is MISSING} for kind in get_args(Part)]
    assert not any(one <= other for one, other in permutations(needs, 2))


@pytest.mark.parametrize("effect", every_effect(), ids=lambda effect: type(effect).__name__)
def test_an_effect_comes_back_as_it_was(effect: object) -> None:
    kind, text = effect_text(effect)  # type: ignore[arg-type]
    assert effect_from(kind, text) == effect


def test_every_kind_of_effect_has_a_name_of_its_own() -> None:
    assert len({effect_text(effect)[0] for effect in every_effect()}) == len(every_effect())


def test_a_document_without_the_newest_fields_gets_their_defaults() -> None:
    assert "told_late" not in json.loads(activity_text(activity()))
    assert activity_from(activity_text(activity()), FORMAT) == activity()


def test_a_document_that_names_what_is_default_reads_the_same() -> None:
    """As earlier ones did."""
    written = TypeAdapter(Activity).dump_json(activity()).decode()
    assert "told_late" in json.loads(written)
    assert activity_from(written, FORMAT) == activity()


def test_a_newer_document_is_refused_with_a_remedy() -> None:
    with pytest.raises(Misconfigured) as refused:
        activity_from(activity_text(activity()), FORMAT + 1)
    assert "--data" in refused.value.remedy
