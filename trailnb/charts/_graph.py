"""A layered graph laid out: steps from left to right, each chain on a row of its own."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Chain: TypeAlias = tuple[str, ...]
#: A node: in which layer, and what.
Node: TypeAlias = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the nodes stand, and which are joined."""

    height: dict[Node, float]
    edges: list[tuple[Node, Node]]
    rows: int


def laid_out(chains: Sequence[Chain]) -> Layout:
    """Where does each step of the chains stand, so that few lines cross?

    Chains that begin alike stand together, in the order in which the first of them comes; a chain
    that another one continues has no row of its own; a step stands amid the chains through it.

    Example:
        >>> laid_out([("alice", "admin"), ("bob", "build"), ("alice", "audit")]).height[0, "alice"]
        0.5
    """
    whole = [chain for chain in dict.fromkeys(chains) if not _is_continued(chain, chains)]
    rank = _first_come(whole)
    whole.sort(key=lambda chain: [rank[chain[: length + 1]] for length in range(len(chain))])
    rows: dict[Node, list[int]] = {}
    for row, chain in enumerate(whole):
        for node in enumerate(chain):
            rows.setdefault(node, []).append(row)
    pairs = ((node, after) for chain in whole for node, after in _steps(chain))
    return Layout(
        {node: sum(at) / len(at) for node, at in rows.items()},
        list(dict.fromkeys(pairs)),
        len(whole),
    )


def _steps(chain: Chain) -> Iterable[tuple[Node, Node]]:
    return pairwise(enumerate(chain))


def _is_continued(chain: Chain, chains: Iterable[Chain]) -> bool:
    return any(len(other) > len(chain) and other[: len(chain)] == chain for other in chains)


def _first_come(chains: Sequence[Chain]) -> Mapping[Chain, int]:
    """Number every beginning of a chain by when it first comes."""
    rank: dict[Chain, int] = {}
    for chain in chains:
        for length in range(len(chain)):
            rank.setdefault(chain[: length + 1], len(rank))
    return rank
