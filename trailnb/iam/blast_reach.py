"""How far something reaches: from each thing to what it issued, made and opened, and on from there.

A thing counts from the moment it was reached. What it did before was somebody else's work.
"""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple

from trailnb.iam.compare import compare
from trailnb.iam.documents import parse
from trailnb.iam.statements import EMPTY, Document, account_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from trailnb._lineage.chains import Hop
    from trailnb.iam.blast_world import Session, World

_REAL = {"made", "changed"}
PROVIDERS = frozenset({"SAML provider", "OIDC provider"})


class Node(NamedTuple):
    """A thing that can act, or let somebody act.

    Its `kind`: origin, credential, user, role (by `ACCOUNT/NAME`), password (of a user), trust (of
    a role), provider (that vouches for who signs in), workload, opening (`RESOURCE|ACCOUNT`: of a
    resource to another account, or to everyone, `*`).
    """

    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class Reached:
    """A thing that was reached: from when on, how many hops away, by what, and by which events.

    `principals` are those whom an opened trust lets in.
    """

    node: Node
    since: datetime
    hop: int = 0
    by: Node | None = None
    how: str = ""
    event_ids: tuple[str, ...] = ()
    account: str | None = None
    principals: tuple[str, ...] = ()


def reach(world: World, starts: Iterable[Reached]) -> dict[Node, Reached]:
    """What can be reached from there, each at its earliest?

    Always goes on from what was reached first, so circles and detours add nothing.
    """
    found: dict[Node, Reached] = {}
    turn = count()
    waiting: list[tuple[datetime, int, int, Reached]] = []
    for one in starts:
        heappush(waiting, (one.since, one.hop, next(turn), one))
    while waiting:
        *_, one = heappop(waiting)
        if one.node in found:
            continue
        found[one.node] = one
        for other in leads(world, one):
            if other.node not in found:
                heappush(waiting, (other.since, other.hop, next(turn), other))
    return found


def leads(world: World, one: Reached) -> Iterator[Reached]:
    """What can be reached from there in one hop?"""
    kind, name = one.node
    if kind == "credential":
        yield from _acted(world, one)
    elif kind in {"user", "password"}:
        is_password = kind == "password"
        mine = world.of_user.get(name, [])
        found = [each for each in mine if not is_password or _signed_in(world, each)]
        yield from _used(world, one, found, "console sign-in" if is_password else "signed as it")
    elif kind == "role":
        yield from _used(world, one, world.of_role.get(name, []), "took the role")
    elif kind == "trust":
        found = [each for each in world.of_role.get(name, []) if _let_in(world, one, each)]
        yield from _used(world, one, found, "took the role through the opened trust")
    elif kind == "provider":
        for hop in world.through.get(name, []):
            if isinstance(hop.event_time, type(one.since)) and hop.event_time >= one.since:
                node = Node("credential", hop.session)
                yield _on(one, node, hop.event_time, f"{hop.how} through it", hop.event_id)
    elif kind == "workload":
        yield from _used(world, one, world.of_name.get(name, []), "its own credentials")


def _acted(world: World, one: Reached) -> Iterator[Reached]:
    """Follow what a credential did: what it was given, what it changed, what it runs."""
    for hop in world.issued.get(one.node.name, []):
        if isinstance(hop.event_time, type(one.since)) and hop.event_time >= one.since:
            yield _on(one, Node("credential", hop.session), hop.event_time, hop.how, hop.event_id)
    for change in world.changes.get(one.node.name, []):
        if change["time"] >= one.since and change["change"] in _REAL:
            yield from _given(one, change)
    for call in world.controls.get(one.node.name, []):
        if call.time >= one.since:
            node = Node("workload", call.workload)
            yield _on(one, node, call.time, call.action, call.event_id, call.account)


def _given(one: Reached, change: Mapping[str, Any]) -> Iterator[Reached]:
    """Which things that can act came of a change of permissions?"""
    name = f"{change['account']}/{change['entity_name']}"
    kind, _, about = change["aspect"].partition(" key ")
    found: list[Node] = []
    principals: tuple[str, ...] = ()
    if kind == "exists" and change["entity_kind"] in {"user", "role"} and change["before"] is None:
        found = [Node(change["entity_kind"], name)]
    elif change["entity_kind"] in PROVIDERS and kind == "exists" and change["before"] is None:
        found = [Node("provider", change["entity_name"])]
    elif kind == "access" and change["after"] == "Active":
        found = [Node("credential", about)]
    elif kind == "login profile":
        found = [Node("password", name)]
    elif kind == "trust" and change["before"] is not None:
        # A role that was made whole is reached as a role, whoever takes it.
        principals = let_in(change["before"], change["after"])
        found = [Node("trust", name)] if principals else []
    elif change["aspect"].startswith(("resource policy", "statement ")):
        found = list(_openings(change))
    for node in found:
        yield _on(
            one, node, change["time"], change["action"], change["event_id"], change["account"],
            principals,
        )  # fmt: skip


def _openings(change: Mapping[str, Any]) -> Iterator[Node]:
    """To which other accounts is a resource opened, where it is known what was before?"""
    before, after = change["before"], change["after"]
    if change["aspect"].startswith("statement "):
        before, after = (one and f'{{"Statement":[{one}]}}' for one in (before, after))
    if before is not None and not isinstance(parse(before), Document):
        return
    resource = change["entity_arn"] or change["entity_name"]
    if change["entity_kind"] == "bucket" and not resource.startswith("arn:"):
        resource = f"arn:aws:s3:::{resource}"
    let = let_in(before, after)
    others = {"*" if who == "*" else account_of(who) for who in let} - {None, change["account"]}
    yield from (Node("opening", f"{resource}|{other}") for other in sorted(map(str, others)))


def _on(  # noqa: PLR0917 - the columns of a step, in their order
    one: Reached,
    node: Node,
    since: datetime,
    how: str,
    event_id: str,
    account: str | None = None,
    principals: tuple[str, ...] = (),
) -> Reached:
    return Reached(node, since, one.hop + 1, one.node, how, (event_id,), account, principals)


def _used(world: World, one: Reached, sessions: Iterable[Session], how: str) -> Iterator[Reached]:
    """Follow sessions that were used after the thing behind them was reached."""
    for each in sessions:
        if each.last >= one.since:
            node = Node("credential", each.id)
            hop = world.hops.get(each.id)
            ids = (hop.event_id,) if hop and hop.caller_type == "AWSService" else ()
            yield Reached(node, max(each.first, one.since), one.hop + 1, one.node, how, ids)


def _signed_in(world: World, session: Session) -> bool:
    """Could a password have begun it: no key of its own, and issued by nothing but a sign-in?"""
    hop = world.hops.get(session.id)
    return not session.id.startswith("AKIA") and (hop is None or hop.how == "console sign-in")


def let_in(before: str | None, after: str | None) -> tuple[str, ...]:
    """Whom does a trust policy let in now that it did not?

    Where nobody knows what was before, a service is taken for an old friend, and no one else is.

    Example:
        >>> one = '{"Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Principal":%s}}'
        >>> let_in(one % '{"Service":"ec2.amazonaws.com"}', one % '{"AWS":"111122223333"}')
        ('AWS:111122223333',)
    """
    now, was = parse(after), parse(before)
    if not isinstance(now, Document):
        return ()
    named = _principals(now)
    if before is None or isinstance(was, Document):
        gained = compare(was if isinstance(was, Document) else EMPTY, now).gained
        allowed = (grant.principals or () for grant in gained if grant.effect == "Allow")
        spelled = {
            one.replace(f"arn:aws:iam::{account_of(one)}:root", str(account_of(one))): one
            for one in named
        }
        return tuple(
            sorted({spelled.get(one, one) for principals in allowed for one in principals})
        )
    return tuple(sorted(one for one in named if not one.startswith("Service:")))


def _principals(document: Document) -> set[str]:
    allowed = (one.principals or () for one in document.statements if one.effect == "Allow")
    return {principal for named in allowed for principal in named}


def _let_in(world: World, one: Reached, session: Session) -> bool:
    hop = world.hops.get(session.id)
    return hop is not None and any(_is_caller(world, hop, who) for who in one.principals)


def _is_caller(world: World, hop: Hop, principal: str) -> bool:
    """May the principal be the one who took the role? Of another account only the account shows."""
    kind, _, name = principal.partition(":")
    if kind == "Service":
        return hop.caller == f"service:{name.partition('.')[0]}"
    if kind == "Federated":
        return hop.how in {"AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"}
    caller = world.sessions.get(hop.caller)
    if hop.caller_type == "AWSAccount":
        return principal == "*" or hop.caller_actor == f"account/{account_of(principal)}"
    if caller is None:
        return False
    role = caller.role.replace("/", ":role/") if caller.role else ""
    account = (caller.arn.split(":", 5) + [""] * 5)[4]
    is_whole_account = name == account_of(principal) or name.endswith(":root")
    is_own = name == caller.arn or bool(role and name.endswith(role))
    return is_own or (is_whole_account and account_of(principal) == account)
