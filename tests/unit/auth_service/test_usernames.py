"""A username is unique as people see it, whatever its bytes."""

import unicodedata
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import VARBINARY

from auth_service.models import User
from auth_service.usernames import LONGEST_USERNAME, UnfitUsername, username_key

SAME = [
    ("admin", "Admin"),
    ("admin", "ADMIN"),
    ("admin", "\uff41\uff44\uff4d\uff49\uff4e"),  # full-width
    ("fish", "\ufb01sh"),  # the ligature fi
    ("kelvin", "\u212aelvin"),  # the Kelvin sign
    ("\u00e5ngstr\u00f6m", "\u212bngstr\u00f6m"),  # the Angstrom sign
    ("stra\u00dfe", "strasse"),
    ("STRA\u1e9eE", "strasse"),
    ("\u00e9ric", "e\u0301ric"),  # NFC and NFD
    ("\u1ec7", "e\u0323\u0302"),
    ("e\u0323\u0302", "e\u0302\u0323"),  # marks in another order
    ("\u03c3\u03c3", "\u03c3\u03c2"),  # sigma at a word's end
    ("\u0390", "\u03b9\u0308\u0301"),
    ("x2", "x\u00b2"),
    ("iv", "\u2163"),  # the Roman numeral four
    ("\uac00", "\u1100\u1161"),  # Hangul by its letters
    ("\u0130", "i\u0307"),
    ("\u1f80", "\u1f88"),  # whose folding has to be normalised once more
    ("ada lovelace", "ada   lovelace"),
    ("ada lovelace", "ada\u2003\u00a0lovelace"),
]

DISTINCT = [
    ("admin", "\u00e1dmin"),
    ("admin", "admin1"),
    ("admin", "adm\u0131n"),  # dotless i
    ("admin", "\u0430dmin"),  # Cyrillic a
    ("o", "0"),
    ("\u00f8", "o"),
    ("\u00e4", "ae"),
    ("\u00df", "s"),
    ("\u304b", "\u30ab"),  # Hiragana and Katakana
    ("\u306f", "\u3070"),
    ("ada lovelace", "adalovelace"),
    ("\U0001f600", "\U0001f601"),
    ("\U0001f468", "\U0001f469"),
]

REFUSED = {
    "empty": "",
    "blank": " ",
    "blank at the end": "admin ",
    "blank at the start": " admin",
    "no-break blank at the end": "admin\u00a0",
    "ideographic blank at the end": "admin\u3000",
    "tab": "ad\tmin",
    "line break": "ad\nmin",
    "NUL": "ad\0min",
    "NUL at the end": "admin\0",
    "escape": "\x1b[2J",
    "delete": "ad\x7fmin",
    "C1 control": "ad\x9bmin",
    "bidi override": "ad\u202emin",
    "bidi isolate": "ad\u2066min",
    "right-to-left mark": "admin\u200f",
    "zero width joiner": "ad\u200dmin",
    "zero width space": "ad\u200bmin",
    "byte order mark": "\ufeffadmin",
    "soft hyphen": "ad\u00admin",
    "word joiner": "ad\u2060min",
    "tag character": "admin\U000e0041",
    "variation selector": "admin\ufe0f",
    "far variation selector": "admin\U000e0100",
    "combining grapheme joiner": "ad\u034fmin",
    "Hangul filler": "admin\u3164",
    "half-width Hangul filler": "admin\uffa0",
    "Braille blank": "admin\u2800",
    "Khitan filler": "admin\U00016fe4",
    "note without a head": "\U0001d159",
    "Hangul choseong filler": "admin\u115f",
    "Mongolian vowel separator": "admin\u180e",
    "lone surrogate": "\ud800",
    "private use": "\ue000",
    "unassigned": "\u0378",
    "noncharacter": "\uffff",
    "line separator": "ad\u2028min",
    "paragraph separator": "ad\u2029min",
    "one too long": "x" * (LONGEST_USERNAME + 1),
    "name, blanks and more": "admin" + " " * 60 + "x",
    "long once it is normalised": "\ufdfa" * 4,  # one ligature of 18 letters
}


@pytest.mark.parametrize(("one", "other"), SAME)
def test_names_that_look_alike_to_unicode_are_one(one: str, other: str) -> None:
    assert one != other
    assert username_key(one) == username_key(other)


@pytest.mark.parametrize(("one", "other"), DISTINCT)
def test_names_that_differ_to_a_reader_are_two(one: str, other: str) -> None:
    assert username_key(one) != username_key(other)


@pytest.mark.parametrize("name", REFUSED.values(), ids=REFUSED.keys())
def test_a_name_that_is_too_long_or_not_wholly_visible_is_refused(name: str) -> None:
    with pytest.raises(UnfitUsername):
        username_key(name)


def test_a_name_that_is_too_long_is_refused_before_it_is_normalised(monkeypatch: pytest.MonkeyPatch) -> None:
    """A long row of marks would take minutes, in which no other thread runs."""

    def refuse(_form: str, name: str) -> str:
        raise AssertionError(f"{len(name)} characters were normalised")

    fake = SimpleNamespace(normalize=refuse, category=unicodedata.category)
    monkeypatch.setattr("auth_service.usernames.unicodedata", fake)
    for marks in (LONGEST_USERNAME // 2, 200_000):
        with pytest.raises(UnfitUsername):
            username_key("a" + "\u0301\u0316" * marks)


@pytest.mark.parametrize(
    "name",
    [
        "' OR 1=1 -- ' x",
        "\\'",
        "%bf%27",
        "\N{GRINNING FACE}",
        "a",
        "x" * LONGEST_USERNAME,
        "Ada Lovelace",
        "-",
        "_",
        "../../etc/passwd",
        "\u05d3\u05d5\u05d3",
        "\u5c0f\u6797",
    ],
)
def test_any_visible_name_is_taken_as_it_is(name: str) -> None:
    assert username_key(name).decode() == name.casefold()


def test_a_key_always_fits_its_column() -> None:
    column = User.__table__.c.username_key.type
    assert isinstance(column, VARBINARY)
    # No letter grows more: five bytes once it is folded.
    assert 5 * LONGEST_USERNAME == len(username_key("\u1fb7" * LONGEST_USERNAME)) <= (column.length or 0)


@given(st.text(max_size=80))
def test_a_key_is_its_own_key_or_the_name_is_refused(name: str) -> None:
    try:
        key = username_key(name)
    except UnfitUsername:
        return
    assert len(key) <= 1024
    folded = key.decode()
    assert unicodedata.normalize("NFKC", folded.casefold()).encode() == key
    assert (
        username_key(unicodedata.normalize("NFD", name)) == key
        or len(unicodedata.normalize("NFD", name)) > 64
    )
