SELECT
  "t0"."event_time" AS "time",
  "t0"."actor",
  "t0"."action",
  "t0"."access",
  "t0"."target",
  "t0"."outcome",
  "t0"."source_ip_address" AS "origin",
  "t0"."aws_region" AS "region",
  "t0"."recipient_account_id" AS "account",
  "t0"."event_id"
FROM "events" AS "t0"
ORDER BY
  "t0"."event_time" ASC NULLS FIRST,
  "t0"."event_id" ASC NULLS FIRST