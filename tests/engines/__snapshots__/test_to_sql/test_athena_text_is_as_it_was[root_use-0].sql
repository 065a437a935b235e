SELECT
  "t0"."event_time" AS "time",
  "t0"."recipient_account_id" AS "account",
  "t0"."action",
  "t0"."access",
  "t0"."outcome",
  "t0"."target",
  "t0"."source_ip_address" AS "origin",
  "t0"."aws_region" AS "region",
  "t0"."user_agent" AS "agent",
  "t0"."access_key_id" AS "key",
  "t0"."is_console",
  "t0"."mfa_authenticated" AS "is_mfa",
  COALESCE("t0"."assumed_root", FALSE) OR "t0"."action" = 'sts:AssumeRoot' AS "is_assumed",
  "t0"."invoked_by",
  "t0"."event_id"
FROM "events" AS "t0"
WHERE
  (
    "t0"."user_type" = 'Root' OR "t0"."action" = 'sts:AssumeRoot'
  )
  AND COALESCE("t0"."event_type" <> 'AwsServiceEvent', TRUE)
ORDER BY
  "t0"."event_time" ASC NULLS FIRST,
  "t0"."event_id" ASC NULLS FIRST