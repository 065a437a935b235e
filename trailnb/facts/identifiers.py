"""What an identifier itself tells: the account that an access key belongs to.

AWS does not document it; published reverse engineering and real identifiers agree: after the four
letters of the prefix come base32 digits, and bits 1 to 40 are the account's number. Keys made
before about 2019 (the next letter is I or J) hold none.
"""

from __future__ import annotations

import polars as pl

_DIGITS = {digit: value for value, digit in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")}
# Nine digits are 45 bits: one that is always set, 40 of the account's number, four more.
_BITS_AFTER = 4
_ACCOUNT = (1 << 40) - 1
_LARGEST = 999_999_999_999


def key_account_id() -> pl.Expr:
    """Whose key signed the request: the account's number held in the key id; null when none?

    Example:
        >>> keys = ["ASIAY34FZKBOKMUTVV7A", "AKIAIOSFODNN7EXAMPLE"]
        >>> pl.DataFrame({"access_key_id": keys}).select(key_account_id()).to_series().to_list()
        ['609629065308', None]
    """
    # The top bit is set in every id that holds an account: the first digit is Q or later.
    digits = pl.col("access_key_id").str.extract(r"^A[A-Z]{3}([Q-Z2-7][A-Z2-7]{8})[A-Z0-9]*$")
    return digits.map_batches(_accounts, return_dtype=pl.String(), is_elementwise=True)


def _accounts(digits: pl.Series) -> pl.Series:
    """Decode each distinct text once: the keys of one account share at most sixteen."""
    distinct = digits.drop_nulls().unique()
    accounts = pl.Series([_account(text) for text in distinct], dtype=pl.String)
    return digits.replace_strict(distinct, accounts, default=None, return_dtype=pl.String())


def _account(digits: str) -> str | None:
    number = 0
    for digit in digits:
        number = number << 5 | _DIGITS[digit]
    account = number >> _BITS_AFTER & _ACCOUNT
    return f"{account:012}" if account <= _LARGEST else None
