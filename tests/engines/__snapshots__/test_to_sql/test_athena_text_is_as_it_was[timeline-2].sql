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
WHERE
  REGEXP_LIKE("t0"."action", '^(?:iam:[\s\S]*)\z')
  AND (
    (
      "t0"."source_address_key" >= '00000000000000000000ffffcb007100'
      AND "t0"."source_address_key" <= '00000000000000000000ffffcb0071ff'
    )
    OR (
      "t0"."source_address_key" >= '20010db8000000000000000000000000'
      AND "t0"."source_address_key" <= '20010db8ffffffffffffffffffffffff'
    )
  )
ORDER BY
  "t0"."event_time" ASC NULLS FIRST,
  "t0"."event_id" ASC NULLS FIRST