"""How is the attack told: who plays it, and what is noted down about each step?"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .cast import US
from .chance import Dice
from .identities import user_identity
from .records import Call, Event, Place, Who, epoch
from .stage import Stage, World

if TYPE_CHECKING:
    from .cast import Role, User
    from .identities import Session

NIGHT = "2026-11-03"
RECON_ADDRESS = "198.51.100.23"
CONSOLE_ADDRESS = "203.0.113.77"
CHAIN_ADDRESS = "2001:db8:6b6c:61::17"
RECON_AGENT = (
    "aws-cli/2.15.30 Python/3.11.8 Linux/6.6.9-amd64 exe/x86_64.kali.2026 prompt/off command/"
)
CONSOLE_AGENT = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:131.0) Gecko/20100101 Firefox/131.0"
CHAIN_AGENT = 'Boto3/1.34.11 Python/3.11.8 Linux/6.6.9-amd64 Botocore/1.34.11 "quiet<mode>"'


@dataclass(frozen=True)
class Step:
    """One step of the attack: its event, and the truth about it."""

    event: Event
    phase: str
    target: str
    note: str
    gained: tuple[str, ...] = ()

    @property
    def outcome(self) -> str:
        """How did the step end?"""
        record = self.event.record
        code = str(record.get("errorCode", ""))
        if "Denied" in code or "Unauthorized" in code:
            return "denied"
        return "failed" if code or "errorMessage" in record else "success"


@dataclass
class Script:
    """The running attack: a stage whose clock is set, and everything noted so far."""

    world: World
    steps: list[Step] = field(default_factory=list)
    recon: list[Event] = field(default_factory=list)
    reads: list[Event] = field(default_factory=list)
    other: list[Event] = field(default_factory=list)
    hops: list[tuple[Session, Event, Event]] = field(default_factory=list)
    omitted: Event | None = None
    opened: Event | None = None
    stops: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Name the accounts and the victim once."""
        accounts = self.world.organization.accounts
        self.production, self.staging = accounts["production"], accounts["staging"]
        self.archive, self.management = accounts["archive"], accounts["management"]
        self.victim: User = self.world.organization.user(self.production, "ci-deploy")
        self.backdoor: User = self.world.organization.user(self.production, "svc-backup-sync")
        self.app_role: Role = self.world.organization.role(self.production, "acme-app-instance")
        self.stage = Stage(self.world, Place(self.production, US), 0, Dice("acme/attack"))

    def at(self, clock: str) -> None:
        """Let the next event happen at this time of the night."""
        self.stage.now = epoch(f"{NIGHT}T{clock}Z")

    def play(self, who: Who, call: Call, place: Place | None = None) -> Event:
        """Which event does this call of the attacker leave?"""
        return self.stage.emit(who, call, place)

    def note(self, event: Event, phase: str, target: str, note: str, *gained: str) -> None:
        """Keep the truth about a step, and which permissions it gave."""
        self.steps.append(Step(event, phase, target, note, gained))

    @property
    def events(self) -> list[Event]:
        """Which events are the attacker's doing, copies in other accounts included?"""
        found = [step.event for step in self.steps] + self.recon + self.reads + self.other
        unique = {event.event_id: event for event in found}
        return sorted(unique.values(), key=lambda event: (event.at, event.event_id))


def thief(script: Script, command: str) -> Who:
    """Who calls with the leaked key?"""
    return Who(user_identity(script.victim), RECON_ADDRESS, RECON_AGENT + command)


def intruder(script: Script) -> Who:
    """Who calls with the key of the new user?"""
    return Who(user_identity(script.backdoor), CHAIN_ADDRESS, CHAIN_AGENT)


def refusal(arn: str, action: str, resource: str) -> str:
    """How does AWS word a missing permission?"""
    return (
        f"User: {arn} is not authorized to perform: {action} on resource: {resource} "
        f"because no identity-based policy allows the {action} action"
    )
