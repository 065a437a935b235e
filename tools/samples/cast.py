"""Who and what exists in a sample organization?"""

from __future__ import annotations

from dataclasses import dataclass

from .chance import Dice

US, EU, AP = "us-east-1", "eu-west-1", "ap-southeast-2"


@dataclass(frozen=True)
class Role:
    """An IAM role: its id is never reused, its name may be."""

    account: str
    name: str
    role_id: str
    path: str = "/"

    @property
    def arn(self) -> str:
        """What does IAM call this role?"""
        return f"arn:aws:iam::{self.account}:role{self.path}{self.name}"


@dataclass(frozen=True)
class User:
    """An IAM user with one access key."""

    account: str
    name: str
    user_id: str
    key: str

    @property
    def arn(self) -> str:
        """What does IAM call this user?"""
        return f"arn:aws:iam::{self.account}:user/{self.name}"


@dataclass(frozen=True)
class Person:
    """Someone who signs in through Identity Center."""

    name: str
    user_id: str
    address: str
    agent: str
    permission_set: str

    @property
    def email(self) -> str:
        """Under which name do sessions of this person run?"""
        return f"{self.name}@example.com"


@dataclass(frozen=True)
class Organization:
    """An organization: its accounts by duty, their regions, and the names it uses."""

    name: str
    seed: int
    org_id: str
    accounts: dict[str, str]
    regions: dict[str, tuple[str, ...]]
    people: tuple[Person, ...]
    trail: str
    bucket: str
    ci_addresses: tuple[str, ...]
    nat_addresses: tuple[str, ...]

    def duty_of(self, account: str) -> str:
        """What is this account for?"""
        return next(duty for duty, number in self.accounts.items() if number == account)

    def role(self, account: str, name: str, path: str = "/") -> Role:
        """Which role has this name here?"""
        dice = Dice(f"{self.seed}/role/{account}/{name}")
        return Role(account, name, dice.unique_id("AROA", account), path)

    def service_role(self, account: str, service: str, name: str) -> Role:
        """Which service-linked role does this service use here?"""
        return self.role(account, name, f"/aws-service-role/{service}.amazonaws.com/")

    def user(self, account: str, name: str) -> User:
        """Which IAM user has this name here?"""
        dice = Dice(f"{self.seed}/user/{account}/{name}")
        user_id, key = dice.unique_id("AIDA", account), dice.unique_id("AKIA", account)
        return User(account, name, user_id, key)

    def reserved_role(self, account: str, permission_set: str) -> Role:
        """Which role did Identity Center make here for a permission set?"""
        dice = Dice(f"{self.seed}/sso/{account}/{permission_set}")
        name = f"AWSReservedSSO_{permission_set}_{dice.hex(16)}"
        return self.role(account, name, f"/aws-reserved/sso.amazonaws.com/{EU}/")

    def instances(self, account: str, region: str) -> list[str]:
        """Which instances run here?"""
        dice = Dice(f"{self.seed}/instances/{account}/{region}")
        return [f"i-0{dice.hex(16)}" for _ in range(3)]


_FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0"
_CHROME = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 "
    "(KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36"
)


def _person(name: str, address: str, agent: str, permission_set: str) -> Person:
    user_id = Dice(f"person/{name}").uuid()
    return Person(name, user_id, address, agent, permission_set)


def acme() -> Organization:
    """Which organization is attacked?"""
    return Organization(
        name="acme",
        seed=20261101,
        org_id="o-acme1sample",
        accounts={
            "management": "111122223333",
            "production": "444455556666",
            "staging": "777788889999",
            "archive": "123456789012",
        },
        regions={
            "management": (US, EU),
            "production": (US, EU, AP),
            "staging": (EU, AP),
            "archive": (US,),
        },
        people=(
            _person("dana.okafor", "192.0.2.14", _FIREFOX, "SecurityAdmin"),
            _person("lee.santos", "192.0.2.27", _CHROME, "Developer"),
            _person("noor.haddad", "2001:db8:10:4::2a", _CHROME, "Developer"),
            _person("zoe.martin", "203.0.113.201", _FIREFOX, "Operations"),
        ),
        trail="acme-organization",
        bucket="acme-cloudtrail-logs",
        ci_addresses=("198.51.100.131", "198.51.100.140", "198.51.100.157"),
        nat_addresses=("203.0.113.10", "203.0.113.11"),
    )


def quiet() -> Organization:
    """Which organization has only ordinary days?"""
    return Organization(
        name="quiet",
        seed=20261102,
        org_id="o-quiet2sample",
        accounts={"management": "222233334444", "production": "555566667777"},
        regions={"management": (US,), "production": (US, EU)},
        people=(
            _person("ida.berg", "192.0.2.88", _FIREFOX, "SecurityAdmin"),
            _person("tom.adeyemi", "2001:db8:20:1::7", _CHROME, "Developer"),
            _person("mia.costa", "192.0.2.93", _CHROME, "Operations"),
        ),
        trail="quiet-organization",
        bucket="quiet-cloudtrail-logs",
        ci_addresses=("198.51.100.180", "198.51.100.181"),
        nat_addresses=("203.0.113.40", "203.0.113.41"),
    )
