SELECT
  "t0"."event_time" AS "time",
  "t0"."event_name",
  "t0"."event_source",
  COALESCE(
    CASE WHEN "t0"."user_name" <> '' THEN "t0"."user_name" ELSE NULL END,
    CASE WHEN "t0"."user_type" = 'Root' THEN 'root' ELSE NULL END,
    CASE
      WHEN "t0"."user_type" = 'AssumedRole'
      THEN REGEXP_REPLACE("t0"."user_principal_id", '^[^:]*:', '')
      ELSE NULL
    END
  ) AS "user_name",
  "t0"."target",
  "t0"."read_only",
  "t0"."outcome",
  "t0"."error_code",
  "t0"."access_key_id",
  "t0"."source_ip_address" AS "origin",
  "t0"."aws_region" AS "region",
  "t0"."recipient_account_id" AS "account",
  "t0"."event_id"
FROM "events" AS "t0"
WHERE
  (
    REGEXP_LIKE("t0"."target", '^(?:[\s\S]*[:/])?(?:svc\-backup\-sync)\z')
    OR REGEXP_LIKE("t0"."resources", '"(?:[^"]*[:/])?(?:svc\-backup\-sync)"\s*[,}\]]')
    OR (
      REGEXP_LIKE("t0"."request_parameters", '"(?:[^"]*[:/])?(?:svc\-backup\-sync)"\s*[,}\]]')
      OR REGEXP_LIKE("t0"."response_elements", '"(?:[^"]*[:/])?(?:svc\-backup\-sync)"\s*[,}\]]')
    )
  )
  AND "t0"."event_time" >= CAST('2026-11-03 00:00:00' AS TIMESTAMP)
ORDER BY
  "t0"."event_time" DESC NULLS FIRST,
  "t0"."event_id" ASC NULLS FIRST