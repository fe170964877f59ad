"""What a token may do (RFC 6749, section 3.3): the names that stand in its `scope` claim."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated

from pydantic import Field


class Scope(StrEnum):
    """What an account, and so its tokens, may be allowed."""

    CATALOG_READ = "catalog:read"
    """Read products, reports and one's own uploads."""
    CATALOG_WRITE = "catalog:write"
    """Upload and change products, and undo uploads."""
    USERS_ADMIN = "users:admin"
    """Read and change other people's accounts, and read the audit log."""


# Strings are all that JSON has for an enumeration.
ScopeList = Annotated[list[Annotated[Scope, Field(strict=False)]], Field(max_length=len(Scope))]
"""Scopes in a body that is read strictly; there can't be more of them than there are."""


def scope_claim(scopes: Iterable[Scope]) -> str:
    """Write scopes as a claim has them: each once, in one order, with a blank between them."""
    given = frozenset(scopes)
    return " ".join(scope for scope in Scope if scope in given)


def scope_list(claim: str) -> list[Scope]:
    """Read the scopes of a claim of ours, in its order."""
    return [Scope(name) for name in claim.split()]


def scopes_in(claim: str) -> frozenset[Scope]:
    """Read scopes from a claim. Raises ValueError, with a sentence, for a name that is none."""
    try:
        # RFC 6749, section 3.3: a space, and no other blank.
        return frozenset(Scope(name) for name in claim.split(" ") if name)
    except ValueError:
        raise ValueError(f"the scopes are {', '.join(Scope)}") from None
