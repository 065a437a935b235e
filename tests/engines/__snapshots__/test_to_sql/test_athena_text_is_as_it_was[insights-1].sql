SELECT
  *
FROM (
  SELECT
    "t1"."account",
    "t1"."region",
    "t1"."event_source",
    "t1"."event_name",
    "t1"."error_code",
    "t1"."is_call",
    "t1"."time",
    COUNT(*) AS "events"
  FROM (
    SELECT
      "t0"."event_time",
      "t0"."event_source",
      "t0"."event_name",
      "t0"."error_code",
      "t0"."recipient_account_id" AS "account",
      "t0"."aws_region" AS "region",
      CASE
        WHEN "t0"."read_only" = TRUE
        AND (
          "t0"."event_category" <> 'Data' OR "t0"."event_category" IS NULL
        )
        THEN TRUE
        ELSE TRUE
      END AS "is_call",
      DATE_TRUNC('MINUTE', "t0"."event_time") AS "time"
    FROM "events" AS "t0"
    WHERE
      (
        NOT (
          "t0"."event_type" IN ('AwsCloudTrailInsight', 'AwsAggregatedEvent', 'AwsServiceEvent')
        )
        OR "t0"."event_type" IS NULL
      )
      AND NOT (
        "t0"."event_time" IS NULL
      )
      AND NOT (
        "t0"."event_name" IS NULL
      )
  ) AS "t1"
  GROUP BY
    1,
    2,
    3,
    4,
    5,
    6,
    7
) AS "t2"
ORDER BY
  "t2"."account" ASC NULLS FIRST,
  "t2"."region" ASC NULLS FIRST,
  "t2"."event_source" ASC NULLS FIRST,
  "t2"."event_name" ASC NULLS FIRST,
  "t2"."error_code" ASC NULLS FIRST,
  "t2"."is_call" ASC NULLS FIRST,
  "t2"."time" ASC NULLS FIRST