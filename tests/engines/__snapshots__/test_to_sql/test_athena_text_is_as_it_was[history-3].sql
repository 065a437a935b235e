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
  REGEXP_LIKE(
    COALESCE(
      CASE WHEN "t0"."user_name" <> '' THEN "t0"."user_name" ELSE NULL END,
      CASE WHEN "t0"."user_type" = 'Root' THEN 'root' ELSE NULL END,
      CASE
        WHEN "t0"."user_type" = 'AssumedRole'
        THEN REGEXP_REPLACE("t0"."user_principal_id", '^[^:]*:', '')
        ELSE NULL
      END
    ),
    '^(?:backup\-[\s\S]*)\z'
  )
ORDER BY
  "t0"."event_time" DESC NULLS FIRST,
  "t0"."event_id" ASC NULLS FIRST