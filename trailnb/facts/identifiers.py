"""What an identifier itself tells: the account that an access key belongs to.

AWS does not document it; published reverse engineering and real identifiers agree: after the four
letters of the prefix come base32 digits, and bits 1 to 40 are the account's number. Keys made
before about 2019 (the next letter is I or J) hold none.
"""

from __future__ import annotations

import polars as pl

_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
# Nine digits are 45 bits: one that is always set, 40 of the account's number, four more.
_SIGNIFICANT = 9
_BITS_AFTER = 4
_ACCOUNT_BITS = 40
_LARGEST = 999_999_999_999


def key_account_id() -> pl.Expr:
    """Whose key signed the request: the account's number held in the key id; null when none?

    Example:
        >>> pl.DataFrame(
        ...     {"access_key_id": ["ASIAY34FZKBOKMUTVV7A", "AKIAIOSFODNN7EXAMPLE"]}
        ... ).select(key_account_id()).to_series().to_list()
        ['609629065308', None]
    """
    # The top bit is set in every id that holds an account: the first digit is Q or later.
    digits = pl.col("access_key_id").str.extract(r"^A[A-Z]{3}([Q-Z2-7][A-Z2-7]{8})[A-Z0-9]*$")
    places = (
        digits.str.slice(place, 1).replace_strict(
            list(_DIGITS), range(len(_DIGITS)), default=None, return_dtype=pl.Int64()
        )
        * (1 << 5 * (_SIGNIFICANT - 1 - place))
        for place in range(_SIGNIFICANT)
    )
    number = pl.sum_horizontal(places, ignore_nulls=False)
    account = (number // (1 << _BITS_AFTER)) % (1 << _ACCOUNT_BITS)
    return pl.when(account <= _LARGEST).then(account.cast(pl.String).str.zfill(12))
