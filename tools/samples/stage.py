"""Where do scenes play, and what do they leave behind?"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from .chance import Dice
from .identities import Session, foreign
from .records import Call, Event, Json, Place, Who, iso, write

GLOBAL_REGION = "us-east-1"
SESSION_SECONDS = 6 * 3600


if TYPE_CHECKING:
    from .cast import Organization, Role


@dataclass
class World:
    """Everything that happened so far in one organization."""

    organization: Organization
    events: list[Event] = field(default_factory=list)
    sessions: dict[tuple[str, str, int], Session] = field(default_factory=dict)


@dataclass
class Stage:
    """One scene: a place, a running clock, dice of its own."""

    world: World
    place: Place
    now: int
    dice: Dice

    @property
    def organization(self) -> Organization:
        """In which organization does this scene play?"""
        return self.world.organization

    @property
    def account(self) -> str:
        """In which account does this scene play?"""
        return self.place.account

    @property
    def region(self) -> str:
        """In which region does this scene play?"""
        return self.place.region

    def emit(self, who: Who, call: Call, place: Place | None = None) -> Event:
        """Which event does this call leave, a few seconds after the last one?"""
        event = write(call, who, place or self.place, self.now, self.dice)
        self.world.events.append(event)
        self.now += self.dice.between(0, 6)
        return event

    def emit_global(self, who: Who, call: Call) -> Event:
        """Which event does a call to a global service leave? It is recorded in us-east-1."""
        return self.emit(who, call, Place(self.account, GLOBAL_REGION))

    def new_session(self, role: Role, name: str) -> Session:
        """Which credential would STS issue now for this role?"""
        return Session(role, name, self.dice.unique_id("ASIA", role.account), self.now)

    def running_session(self, role: Role, name: str, who: Who) -> Session:
        """Which session of this role runs now? A new one is issued every six hours."""
        slot = (role.arn, name, self.now // SESSION_SECONDS)
        if slot not in self.world.sessions:
            session = self.new_session(role, name)
            self.world.sessions[slot] = session
            # The credential exists from the second in which its record is written.
            self.emit(who, _for_service(assume_role(session, duration=None), who))
        return self.world.sessions[slot]


def fake_token(dice: Dice) -> str:
    """Which session token stands in the record? Short, and obviously no token."""
    return f"EXAMPLE-NOT-A-TOKEN-{dice.hex(8)}"


def assume_role(
    session: Session, *, duration: int | None = 3600, shared_id: str | None = None
) -> Call:
    """Which call issued this session?"""
    role = session.role
    request: Json = {"roleArn": role.arn, "roleSessionName": session.name}
    if duration:
        request["durationSeconds"] = duration
    credentials = {
        "accessKeyId": session.key,
        "sessionToken": fake_token(Dice(session.key)),
        "expiration": _us_date(session.created + (duration or SESSION_SECONDS)),
    }
    assumed = {"assumedRoleId": session.principal_id, "arn": session.arn}
    return Call(
        source="sts",
        name="AssumeRole",
        request=request,
        response={"credentials": credentials, "assumedRoleUser": assumed},
        resources=({"accountId": role.account, "type": "AWS::IAM::Role", "ARN": role.arn},),
        shared_id=shared_id,
    )


def hop(stage: Stage, who: Who, role: Role, name: str) -> tuple[Session, Event, Event]:
    """How does a caller take a role of another account, and what do both accounts record?"""
    session = stage.new_session(role, name)
    call = assume_role(session, shared_id=stage.dice.uuid())
    stranger = foreign(str(who.identity["principalId"]), str(who.identity["accountId"]))
    at = stage.now
    event = stage.emit(who, call)
    # Both accounts record the one second in which the credential was issued.
    stage.now = at
    copy = stage.emit(
        Who(stranger, who.address, who.agent), call, Place(role.account, stage.region)
    )
    return session, event, copy


def _for_service(call: Call, who: Who) -> Call:
    # Calls by EC2 and Lambda answer with the credentials alone.
    if who.address in ("ec2.amazonaws.com", "lambda.amazonaws.com"):
        return replace(call, response={"credentials": (call.response or {})["credentials"]})
    return call


def _us_date(at: int) -> str:
    months = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    year, month, day = iso(at)[:4], int(iso(at)[5:7]), int(iso(at)[8:10])
    hour, rest = int(iso(at)[11:13]), iso(at)[13:19]
    half = "AM" if hour < len(months) else "PM"
    return f"{months[month - 1]} {day}, {year} {(hour - 1) % 12 + 1}{rest} {half}"
