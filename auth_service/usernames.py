"""Usernames: shown as typed, unique by one canonical key that does not depend on a database's collation."""

import re
import unicodedata

from common.refusals import Refusal

LONGEST_USERNAME = 64
BLANKS = re.compile(" +")

REFUSED_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Controls, bidi and other format characters, surrogates, private use, unassigned, line separators."""

# Letters and marks of Unicode's Default_Ignorable_Code_Point; the rest of it is Cf or Cn. And what has no ink
# either: the blank of Braille, a filler, and a note without a head.
INVISIBLE = (
    (0x034F, 0x034F),
    (0x115F, 0x1160),
    (0x17B4, 0x17B5),
    (0x180B, 0x180F),
    (0x2800, 0x2800),
    (0x3164, 0x3164),
    (0xFE00, 0xFE0F),
    (0xFFA0, 0xFFA0),
    (0x16FE4, 0x16FE4),
    (0x1D159, 0x1D159),
    (0xE0100, 0xE01EF),
)


class UnfitUsername(Refusal):
    """The username is too long, or holds characters that can't be seen."""

    msg = f"A username has at most {LONGEST_USERNAME} characters, no blanks at its ends, none invisible."


def username_key(username: str) -> bytes:
    """Give the canonical form under which a username is unique: NFKC, case-folded, single blanks, in UTF-8.

    The rules follow RFC 8265, section 3.3 (UsernameCaseMapped), with case folding for its lower case, and for
    blanks RFC 8266, section 2.1 (Nickname): a page shows several in a row as one.

    Raises UnfitUsername.
    """
    # Before it is normalised, too: that takes minutes for a long row of marks, and lets no other thread run.
    if not _is_fit(username):
        raise UnfitUsername
    compatible = unicodedata.normalize("NFKC", username)
    if not _is_fit(compatible):
        raise UnfitUsername
    folded = unicodedata.normalize("NFKC", compatible.casefold())
    return BLANKS.sub(" ", folded).encode("utf-8")


def _is_fit(name: str) -> bool:
    return 0 < len(name) <= LONGEST_USERNAME and name == name.strip() and all(map(_is_visible, name))


def _is_visible(character: str) -> bool:
    if unicodedata.category(character) in REFUSED_CATEGORIES:
        return False
    return not any(first <= ord(character) <= last for first, last in INVISIBLE)
