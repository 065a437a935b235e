"""How documents are written so that equal contents are equal texts."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trailnb.iam.replay_paths import canonical, parsed

_TEXTS = st.text(st.characters(), max_size=8)
_LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | _TEXTS
_NESTED = st.recursive(
    _LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXTS, inner, max_size=3),
    max_leaves=6,
)
_CONTENTS = st.dictionaries(_TEXTS, _NESTED, max_size=4)


@given(content=_CONTENTS, is_ascii=st.booleans(), indent=st.sampled_from([None, 2]))
def test_texts_and_objects_are_written_as_the_standard_library_does(
    *, content: dict[str, object], is_ascii: bool, indent: int | None
) -> None:
    """Whatever the spacing and the escapes, with numbers and lone surrogates of any kind."""
    wanted = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    spelled = json.dumps(content, ensure_ascii=is_ascii, indent=indent)
    assert canonical(spelled) == canonical(content) == wanted


@given(_CONTENTS)
def test_requests_are_read_as_the_standard_library_reads_them(content: dict[str, object]) -> None:
    """A faster parser is stricter: what it refuses is not lost."""
    assert repr(parsed(json.dumps(content))) == repr(content)


@pytest.mark.parametrize(
    "text", ['{"a":1E400}', '{"a":NaN}', '{"a":"\\ud800"}', '{"a":1,"a":-0}', '{"a":-0.0}']
)
def test_oddities_of_json_stay(text: str) -> None:
    """What no service writes, and an attacker may."""
    assert repr(parsed(text)) == repr(json.loads(text))
    assert canonical(text) == json.dumps(
        json.loads(text), separators=(",", ":"), ensure_ascii=False
    )


@pytest.mark.parametrize("text", ["{torn", "[" * 100_000, '{"a":' + "9" * 5_000 + "}"])
def test_what_is_no_json_stays_as_it_is(text: str) -> None:
    """Nothing is raised, and nothing lost."""
    assert canonical(text) == text
    assert parsed(text) == {}
