"""What S3 means when it refuses, as a sentence that says what to do.

Only error codes and messages are taken from a response: its other parts may hold key ids, tokens
and signatures, which are never shown.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_EXPIRED = frozenset(
    {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"}
    # botocore's own, when a log-in (SSO, a credential process) cannot be renewed:
    | {"UnauthorizedSSOTokenError", "SSOTokenLoadError", "TokenRetrievalError"}
    | {"CredentialRetrievalError", "LoginRefreshRequired"}
)
_TRANSIENT = frozenset(
    {"SlowDown", "503", "500", "502", "504", "InternalError", "ServiceUnavailable"}
    | {"RequestTimeout", "Throttling", "ThrottlingException", "RequestLimitExceeded", "429"}
)
_UNKNOWN_KEY = frozenset({"InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken"})
_DENIED = frozenset({"AccessDenied", "403", "AllAccessDisabled", "AccountProblem"})
_MISSING = frozenset({"NoSuchKey", "404", "NotFound"})
#: Anything shaped like an access key id, wherever it stands.
_KEY_ID = re.compile(r"\bA[SKIRG][A-Z]A[A-Z0-9]{12,}\b")


@dataclass(eq=False)
class Refusal(Exception):  # noqa: N818 # it is what S3 said, and becomes an error only where raised
    """Why S3 refused: its code ("AccessDenied", or the HTTP status), and its message."""

    code: str
    message: str = ""

    @property
    def is_expired(self) -> bool:
        """Whether fresh credentials may help."""
        return self.code in _EXPIRED

    @property
    def is_missing(self) -> bool:
        """Whether the object does not exist."""
        return self.code in _MISSING

    @property
    def is_transient(self) -> bool:
        """Whether asking again later may help."""
        return self.code in _TRANSIENT or self.code == "unreachable"

    @property
    def is_of_kms(self) -> bool:
        """Whether it is the encryption key that refuses."""
        return "kms" in f"{self.code} {self.message}".lower()

    def said(self) -> str:
        """What happened, in a few words.

        Example:
            >>> Refusal("SlowDown").said(), Refusal("NoSuchBucket").said()
            ('S3 is overloaded or unreachable (SlowDown)', 'no such bucket')
        """
        if self.is_of_kms:
            return f"the encryption key refuses ({self.code})"
        known = (
            (_DENIED, "access denied"),
            (_EXPIRED, "the credentials have expired"),
            (_UNKNOWN_KEY, f"S3 does not accept these credentials ({self.code})"),
            (_MISSING, "vanished between listing and reading"),
            ({"NoSuchBucket"}, "no such bucket"),
            ({"NoCredentials"}, "no AWS credentials were found"),
            ({"ProfileNotFound"}, "no such profile"),
            ({"InvalidObjectState"}, "the object lies in an archive tier"),
            ({"RequestTimeTooSkewed"}, "this machine's clock is wrong"),
        )
        for codes, sentence in known:
            if self.code in codes:
                return sentence
        if self.is_transient:
            return f"S3 is overloaded or unreachable ({self.code})"
        return f"S3 refused ({self.code})"

    def hint(self, right: str) -> str:
        """What to do next; `right` is the permission that was needed."""
        if self.is_of_kms:
            return "Ask the key's owner for kms:Decrypt on it."
        known = (
            (_DENIED, f"Ask for {right} on it, in your policies and the bucket's."),
            (_EXPIRED, "Log in again, then open the trail anew."),
            (_UNKNOWN_KEY, "Check key, secret and token, or the profile."),
            ({"NoSuchBucket"}, "Check its name, the endpoint and the partition."),
            ({"NoCredentials"}, 'Log in, name a profile, or pass {"anon": True}.'),
            ({"ProfileNotFound"}, "Check its name in your AWS configuration."),
            ({"InvalidObjectState"}, "Restore it from its archive tier first."),
            ({"RequestTimeTooSkewed"}, "Set the clock."),
        )
        for codes, sentence in known:
            if self.code in codes:
                return sentence
        return "Try again." if self.is_transient else "See what S3 says about this code."


def refusal_of(error: BaseException) -> Refusal:
    """Read the refusal out of what obstore, s3fs or botocore raised.

    Example:
        >>> refusal_of(OSError("503 Slow Down: <Error><Code>SlowDown</Code></Error>")).code
        'SlowDown'
    """
    if isinstance(error, Refusal):
        return error
    response = getattr(error.__cause__ or error, "response", None)
    if isinstance(response, dict) and response.get("Error"):
        found = response["Error"]
        return Refusal(str(found.get("Code", "unknown")), shown(str(found.get("Message", ""))))
    text = str(error)
    code = re.search(r"<Code>([A-Za-z0-9._-]+)</Code>", text)
    message = re.search(r"<Message>([^<]*)</Message>", text)
    provider = re.search(r"credential provider: (\w+)", text)
    status = re.search(r"status code: (\d{3})", text)
    if code:
        return Refusal(code[1], shown(message[1]) if message else "")
    if provider:
        return Refusal(provider[1])
    if status:
        return Refusal(status[1])
    return Refusal(_by_type(error))


def _by_type(error: BaseException) -> str:
    """A code for what came without one: the network, or the client itself."""
    name = type(error).__name__
    by_name = {
        "NoCredentialsError": "NoCredentials",
        "PermissionDeniedError": "403",
        "UnauthenticatedError": "403",
        "GenericError": "unreachable",
    }
    if isinstance(error, FileNotFoundError):
        return "404"
    if isinstance(error, PermissionError):
        return "403"
    return by_name.get(name, "unreachable" if isinstance(error, OSError) else name)


def shown(message: str) -> str:
    """How may a message of AWS be shown: without key ids, and not without end?

    Example:
        >>> shown("no rights for AKIAIOSFODNN7EXAMPLE")
        'no rights for (key id)'
    """
    return _KEY_ID.sub("(key id)", message)[:300]
