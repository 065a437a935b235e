"""Where AWS's documentation is silent: what the rule languages are taken to mean, as switches."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Corners:
    """How are the undocumented corners of the rule languages read?

    Attributes:
        absent_differs: In a metric filter, whether `!=` holds for a field that is not there. AWS
            says nothing; the CIS filters are written as if it did not, so: False. A field that is
            there and null differs from every value.
        inner_star: In a metric filter, whether a `*` inside a text stands for anything. The older
            documentation says that only one at the start or the end does: False.
        digits_compare: In a metric filter, whether `<` and its like compare a text of digits as
            the number it spells: False. `=` and `!=` with a bare number always take both, as AWS's
            own example does with an account id.
        booleans_are_text: In a metric filter, whether `$.readOnly = false` means the boolean as
            `$.readOnly IS FALSE` does: True.
        one_address_networks: In an event pattern, whether `{"cidr": "10.0.0.1/32"}` is a network
            of one address. AWS's own matcher refuses it: False.

    Example:
        >>> Corners(absent_differs=True).absent_differs
        True
    """

    absent_differs: bool = False
    inner_star: bool = False
    digits_compare: bool = False
    booleans_are_text: bool = True
    one_address_networks: bool = False


#: The corners as they are read unless said otherwise.
USUAL = Corners()
