"""THE event table: every column's name, type, place in the record, and one-line meaning.

Sources: CloudTrail record contents and userIdentity element pages of the CloudTrail User Guide,
to eventVersion 1.11; aggregated and Insights record contents pages.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import polars as pl

Kind = Literal["text", "time", "flag", "json", "record", "extra", "provenance"]
Path = tuple[str, ...]

UTC_MICROSECONDS = pl.Datetime("us", "UTC")


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the event table that is read from the record itself.

    `kind` says how the JSON value becomes a cell: "text" (a string), "time" (a moment, UTC), "flag"
    (a boolean, also when CloudTrail writes it as text), "json" (the value's JSON text, byte for
    byte; the text `null` for a JSON null, null when absent), "record", "extra", "provenance".
    `otherwise` is where aggregated records keep the same thing.
    """

    name: str
    kind: Kind
    path: Path
    meaning: str
    otherwise: Path = ()

    @property
    def dtype(self) -> pl.DataType:
        """The Polars type of the column."""
        if self.kind == "time":
            return UTC_MICROSECONDS
        if self.kind == "flag":
            return pl.Boolean()
        return pl.UInt32() if self.name == "log_index" else pl.String()


def _column(name: str, kind: Kind, path: str, meaning: str, otherwise: str = "") -> Column:
    return Column(
        name,
        kind,
        tuple(path.split(".")) if path else (),
        meaning,
        tuple(otherwise.split(".")) if otherwise else (),
    )


_IDENTITY = "userIdentity"
_SESSION = "userIdentity.sessionContext"
_ISSUER = "userIdentity.sessionContext.sessionIssuer"

COLUMNS: tuple[Column, ...] = (
    _column(
        "event_time", "time", "eventTime", "When the request completed (UTC)",
        otherwise="timeWindow.windowStart",
    ),
    _column("event_version", "text", "eventVersion", "Format version; text, never a number"),
    _column("event_source", "text", "eventSource", "Service that answered: iam.amazonaws.com"),
    _column("event_name", "text", "eventName", "API action or kind of service event"),
    _column("aws_region", "text", "awsRegion", "Region the request was made to"),
    _column("source_ip_address", "text", "sourceIPAddress", "Address, or an AWS service's name"),
    _column("user_agent", "text", "userAgent", "Agent the caller named; cut at 1 KB"),
    _column("error_code", "text", "errorCode", "Service's error code; null on success"),
    _column("error_message", "text", "errorMessage", "Service's error text; cut at 1 KB"),
    _column("request_id", "text", "requestID", "Service-made id of the request"),
    _column("event_id", "text", "eventID", "Unique id of the delivered event", otherwise="eventId"),
    _column("event_type", "text", "eventType", "AwsApiCall, AwsServiceEvent, AwsConsoleSignIn …"),
    _column("event_category", "text", "eventCategory", "Management, Data, NetworkActivity …"),
    _column("api_version", "text", "apiVersion", "API version of an AwsApiCall"),
    _column("management_event", "flag", "managementEvent", "Whether it is a management event"),
    _column("read_only", "flag", "readOnly", "Whether the call only reads; true for AssumeRole"),
    _column(
        "recipient_account_id", "text", "recipientAccountId", "Account that received the event",
        otherwise="accountId",
    ),
    _column("shared_event_id", "text", "sharedEventID", "Same in each account's copy of an action"),
    _column("vpc_endpoint_id", "text", "vpcEndpointId", "VPC endpoint the request came through"),
    _column("vpc_endpoint_account_id", "text", "vpcEndpointAccountId", "Owner of that endpoint"),
    _column(
        "session_credential_from_console", "flag", "sessionCredentialFromConsole",
        "Whether the credentials belong to a console session",
    ),
    _column("user_type", "text", f"{_IDENTITY}.type", "userIdentity.type: IAMUser, AssumedRole …"),
    _column("user_principal_id", "text", f"{_IDENTITY}.principalId", "Unique id of the caller"),
    _column("user_arn", "text", f"{_IDENTITY}.arn", "ARN of the caller"),
    _column("user_account_id", "text", f"{_IDENTITY}.accountId", "Account of the credentials"),
    _column("access_key_id", "text", f"{_IDENTITY}.accessKeyId", "Key that signed the request"),
    _column("user_name", "text", f"{_IDENTITY}.userName", "Friendly name of the caller"),
    _column("invoked_by", "text", f"{_IDENTITY}.invokedBy", "Service that made the call"),
    _column(
        "invoked_by_delegate_account_id", "text", f"{_IDENTITY}.invokedByDelegate.accountId",
        "Account of a product provider with delegated access",
    ),
    _column(
        "on_behalf_of_user_id", "text", f"{_IDENTITY}.onBehalfOf.userId",
        "Identity Center user behind the call",
    ),
    _column(
        "on_behalf_of_identity_store_arn", "text", f"{_IDENTITY}.onBehalfOf.identityStoreArn",
        "Identity store of that user",
    ),
    _column("credential_id", "text", f"{_IDENTITY}.credentialId", "Id of a bearer token"),
    _column("identity_provider", "text", f"{_IDENTITY}.identityProvider", "SAML or OIDC provider"),
    _column(
        "in_scope_of_source_arn", "text", f"{_IDENTITY}.inScopeOf.sourceArn",
        "Function, task or instance the credentials were issued for (source)",
    ),
    _column(
        "in_scope_of_source_account", "text", f"{_IDENTITY}.inScopeOf.sourceAccount",
        "Account of that source",
    ),
    _column(
        "in_scope_of_issuer_type", "text", f"{_IDENTITY}.inScopeOf.issuerType",
        "Kind of that source: AWS::Lambda::Function",
    ),
    _column(
        "in_scope_of_credentials_issued_to", "text",
        f"{_IDENTITY}.inScopeOf.credentialsIssuedTo", "Resource that holds the credentials",
    ),
    _column(
        "session_creation_date", "time", f"{_SESSION}.attributes.creationDate",
        "When the session's credentials were issued (UTC)",
    ),
    _column(
        "mfa_authenticated", "flag", f"{_SESSION}.attributes.mfaAuthenticated",
        "Whether root or IAM user signed in with MFA; never true for federation",
    ),
    _column("session_issuer_type", "text", f"{_ISSUER}.type", "Role, IAMUser or Root"),
    _column("session_issuer_principal_id", "text", f"{_ISSUER}.principalId", "AROA… of the role"),
    _column("session_issuer_arn", "text", f"{_ISSUER}.arn", "IAM ARN of the role, path included"),
    _column("session_issuer_account_id", "text", f"{_ISSUER}.accountId", "Account of the role"),
    _column("session_issuer_user_name", "text", f"{_ISSUER}.userName", "Name of the role"),
    _column(
        "web_id_federated_provider", "text",
        f"{_SESSION}.webIdFederationData.federatedProvider", "Web-identity provider",
    ),
    _column(
        "web_id_attributes", "json", f"{_SESSION}.webIdFederationData.attributes",
        "Web-identity attributes (JSON text)",
    ),
    _column("source_identity", "text", f"{_SESSION}.sourceIdentity", "STS source identity"),
    _column("ec2_role_delivery", "text", f"{_SESSION}.ec2RoleDelivery", "IMDS version: 1.0, 2.0"),
    _column("ec2_issued_in_vpc", "text", f"{_SESSION}.ec2IssuedInVpc", "VPC of the instance"),
    _column("assumed_root", "flag", f"{_SESSION}.assumedRoot", "Whether this is AssumeRoot"),
    _column(
        "sign_in_session_arn", "text", f"{_SESSION}.signInSessionArn",
        "Sign-in session that produced the credential",
    ),
    _column("tls_version", "text", "tlsDetails.tlsVersion", "TLS version of the call"),
    _column(
        "tls_client_provided_host_header", "text", "tlsDetails.clientProvidedHostHeader",
        "Host name the client asked for",
    ),
    _column("addendum_reason", "text", "addendum.reason", "Why delivered late or again"),
    _column(
        "addendum_original_event_id", "text", "addendum.originalEventID",
        "Event that this record corrects",
    ),
    _column("user_identity", "json", _IDENTITY, "Whole userIdentity (JSON text)"),
    _column("request_parameters", "json", "requestParameters", "Request (JSON text)"),
    _column("response_elements", "json", "responseElements", "Answer (JSON text)"),
    _column("additional_event_data", "json", "additionalEventData", "Service's extras (JSON text)"),
    _column("service_event_details", "json", "serviceEventDetails", "Service event (JSON text)"),
    _column("resources", "json", "resources", "Resources touched (JSON text)"),
    _column("tls_details", "json", "tlsDetails", "TLS details (JSON text)"),
    _column("insight_details", "json", "insightDetails", "Insight (JSON text)"),
    _column("event_context", "json", "eventContext", "Tags and condition keys (JSON text)"),
    _column("edge_device_details", "json", "edgeDeviceDetails", "S3 on Outposts (JSON text)"),
    _column("addendum", "json", "addendum", "Late or corrected delivery (JSON text)"),
    _column("time_window", "json", "timeWindow", "Aggregated: its window (JSON text)"),
    _column("summary", "json", "summary", "Aggregated: its counts (JSON text)"),
    _column("annotation", "json", "annotation", "Annotation (JSON text)"),
    _column("extra", "extra", "", "Top-level fields unknown to this table (JSON object text)"),
    _column("record", "record", "", "The whole record's JSON text, byte for byte"),
    _column("log_file", "provenance", "", "Key of the log file the event was read from"),
    _column("log_index", "provenance", "", "Position of the record in that file, from 0"),
)  # fmt: skip

BY_NAME: dict[str, Column] = {column.name: column for column in COLUMNS}

#: Top-level JSON names this table knows; what else a record carries goes to `extra`.
KNOWN_FIELDS: frozenset[str] = frozenset(
    path[0] for column in COLUMNS for path in (column.path, column.otherwise) if path
)


def base_schema() -> pl.Schema:
    """What are the columns read from a record, and their types?

    Example:
        >>> base_schema()["event_time"]
        Datetime(time_unit='us', time_zone='UTC')
        >>> list(base_schema())[-1]
        'log_index'
    """
    return pl.Schema({column.name: column.dtype for column in COLUMNS})
