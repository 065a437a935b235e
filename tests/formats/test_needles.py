r"""Which files may hold a value, before any JSON is parsed."""

from __future__ import annotations

import base64
import gzip
import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.formats.reading import named, read, records
from trailnb.formats.needles import may_hold, pattern_of

KEY = "AKIAIOSFODNN7EXAMPLE"
_SHORT = {'"': '\\"', "\\": "\\\\", "/": "\\/", "\n": "\\n", "\t": "\\t"}


def holds(text: str | bytes, *clause: str) -> bool:
    """May this text hold one of these values?"""
    pattern = pattern_of(frozenset(clause))
    data = text.encode() if isinstance(text, str) else text
    return pattern is None or may_hold([data], (pattern,)) == [True]


@st.composite
def spelt(draw: st.DrawFn, value: str) -> str:
    """Which of its many spellings has this text in JSON?"""
    letters = []
    for letter in value:
        units = letter.encode("utf-16-be", "surrogatepass").hex()
        escaped = "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
        ways = [escaped, escaped.upper().replace("\\U", "\\u"), _SHORT.get(letter, escaped)]
        if letter not in '"\\' and letter >= " " and not "\ud800" <= letter <= "\udfff":
            ways += [letter] * 6
        letters.append(draw(st.sampled_from(ways)))
    return '"' + "".join(letters) + '"'


VALUES = st.text(
    st.sampled_from('AKIaz09 "\\/&<>é😀u\ud800\n[]{}-_.:') | st.characters(), max_size=12
)


@given(st.data(), VALUES | st.just(KEY))
@settings(deadline=None, max_examples=150)
def test_no_value_is_ever_skipped(data: st.DataObject, value: str) -> None:
    """However the text spells a value, a file that gives it as a cell is read."""
    text = data.draw(spelt(value))
    record = f'{{"eventVersion":"1.11","userAgent":{text}}}'
    shape = data.draw(st.sampled_from(["bare", "inside", "twice inside", "payload"]))
    if shape == "payload":
        stored = gzip.compress(f'{{"logEvents":[{record}]}}'.encode())
        record = json.dumps({"awslogs": {"data": base64.b64encode(stored).decode()}})
    for _ in range({"inside": 1, "twice inside": 2}.get(shape, 0)):
        record = f'{{"Message":{data.draw(spelt(record))}}}'
    frame = read(record, "user_agent").frame
    for cell in frame["user_agent"].to_list():
        assert holds(record, cell)
        assert holds(record, "nowhere at all", cell)


@given(st.data(), st.recursive(st.integers() | st.text(max_size=5), st.lists, max_leaves=4))
@settings(deadline=None, max_examples=60)
def test_no_odd_value_is_ever_skipped(data: st.DataObject, value: object) -> None:
    """A list or number where text is due is found by the text that its cell shows."""
    text = json.dumps(value, ensure_ascii=data.draw(st.booleans()))
    record = f'{{"eventVersion": "1.11", "userAgent": {text}}}'
    assert holds(record, read(record, "user_agent").cell("user_agent"))


@pytest.mark.parametrize("text", ['\\"', "\\/", "\\u0026", "\\u003c\\u003E", "\\n", "\\u00e9", "é"])
def test_ordinary_escapes_allow_the_skip(text: str) -> None:
    """The escapes that JSON writers use every day cannot spell a key, so the file is skipped."""
    assert not holds(
        named("GetUser")[:-1] + f', "errorMessage": "{text}"}}', "AKIA2222222222222222"
    )


@pytest.mark.parametrize("text", [f'"{KEY}"', '"\\u0041KIAIOSFODNN7EXAMPLE"', '"\\u004b"'])
def test_text_that_holds_or_may_spell_the_key(text: str) -> None:
    """The key itself, and an escape of one of its letters, make the file worth reading."""
    assert holds(text, KEY)


def test_upper_and_lower_hex_are_one() -> None:
    """An escape may write its digits in either case."""
    assert holds('"\\u002D"', "a-b-c") == holds('"\\u002d"', "a-b-c") is True
    assert holds('"\\u004A"', "JJJ")
    assert holds('"\\u004a"', "JJJ")


@pytest.mark.parametrize(
    "value", ["arn:aws:iam::1:user/a", 'a "quoted" c', "naïve-user", "a\\b-c-d"]
)
def test_longest_plain_run_is_searched(value: str) -> None:
    """A value with slashes, quotes or other letters is found by its longest plain part."""
    for ascii_only in (True, False):
        text = json.dumps(value, ensure_ascii=ascii_only)
        assert holds(text, value)
        assert holds(text.replace("/", "\\/"), value)
    assert not holds('"someone else"', value)


@pytest.mark.parametrize("value", ["", "ab", "é", '"/"', "日本語", 'a"b'])
def test_value_without_a_plain_run_excludes_nothing(value: str) -> None:
    """Too little that JSON writes in one way only: no file is skipped."""
    assert pattern_of(frozenset({value})) is None
    assert pattern_of(frozenset({value, KEY})) is None


def test_too_many_values_exclude_nothing() -> None:
    """A long list is no search, and neither is none."""
    assert pattern_of(frozenset(f"AKIA{number:016}" for number in range(1_000))) is None
    assert pattern_of(frozenset()) is None


def test_every_printable_letter_is_literal() -> None:
    """What means something in a regular expression stands for itself."""
    letters = "".join(chr(code) for code in range(0x20, 0x7F) if chr(code) not in '"\\/')
    for start in range(len(letters) - 6):
        value = letters[start : start + 6]
        assert holds(f'"{value}"', value)
        assert not holds('"~~none~~"', value.replace("~", "-"))


@example(b"\xff\xfe" + '{"a"}'.encode("utf-16-le"))
@example(b'{"a": "\xff"}')
@given(st.binary(max_size=20).filter(lambda data: not _is_utf8(data)))
@settings(deadline=None, max_examples=30)
def test_text_that_is_no_utf8_is_read(data: bytes) -> None:
    """Where the search cannot see, it excludes nothing; its neighbours are searched."""
    pattern = pattern_of(frozenset({KEY})) or ""
    assert may_hold([b"{}", data, b"[]", KEY.encode()], (pattern,)) == [False, True, False, True]


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def test_compressed_payload_is_read() -> None:
    """A payload hides its text, so its file is read."""
    stored = gzip.compress(records(named("GetUser")).encode())
    assert holds(json.dumps({"data": base64.b64encode(stored).decode()}), KEY)


def test_one_of_a_clause_and_all_clauses() -> None:
    """One text of each clause must occur; a file with only some of the clauses is skipped."""
    texts = [b'"alpha beta"', b'"alpha"', b'"beta"', b'"gamma beta"']
    one = pattern_of(frozenset({"alpha", "gamma"}))
    other = pattern_of(frozenset({"beta"}))
    assert one
    assert other
    assert may_hold(texts, (one, other)) == [True, False, False, True]
    assert may_hold(texts, ()) == [True] * 4
    assert may_hold([], (one,)) == []


@pytest.mark.parametrize("letter", ["\\u005cu0041", "\\\\\\u00750041", "\\\\u\\u0030041"])
def test_escape_of_an_escape_is_read(letter: str) -> None:
    """JSON inside a JSON string may spell the escape itself by an escape."""
    inner = '{\\"eventVersion\\":\\"1.11\\",\\"userAgent\\":\\"' + letter + KEY[1:] + '\\"}'
    record = f'{{"_raw": "{inner}"}}'
    assert read(record, "user_agent").cell("user_agent") == KEY
    assert holds(record, KEY)
