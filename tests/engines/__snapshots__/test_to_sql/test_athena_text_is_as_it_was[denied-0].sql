SELECT
  "t2"."actor",
  "t2"."session",
  "t2"."action",
  "t2"."denied_by",
  "t2"."events",
  "t2"."_targets" - CAST("t2"."_told_targets" < "t2"."events" AS BIGINT) AS "targets",
  "t2"."_origins" - CAST("t2"."_told_origins" < "t2"."events" AS BIGINT) AS "origins",
  "t2"."first_seen",
  "t2"."last_seen"
FROM (
  SELECT
    "t1"."actor",
    "t1"."session",
    "t1"."action",
    "t1"."denied_by",
    MIN("t1"."_time") AS "first_seen",
    MAX("t1"."_time") AS "last_seen",
    COUNT(*) AS "events",
    COALESCE(SUM("t1"."_denied"), 0) AS "denied",
    COALESCE(SUM("t1"."_change"), 0) AS "writes",
    COUNT(DISTINCT "t1"."_targets") + CAST(BOOL_OR("t1"."_targets" IS NULL) AS TINYINT) AS "_targets",
    COUNT(DISTINCT "t1"."_origins") + CAST(BOOL_OR("t1"."_origins" IS NULL) AS TINYINT) AS "_origins",
    COUNT("t1"."_targets") AS "_told_targets",
    COUNT("t1"."_origins") AS "_told_origins"
  FROM (
    SELECT
      "t0"."actor",
      COALESCE(
        CASE
          WHEN STARTS_WITH("t0"."access_key_id", 'AKIA')
          THEN "t0"."access_key_id"
          ELSE NULL
        END,
        CONCAT(
          "t0"."user_principal_id",
          '@',
          DATE_FORMAT("t0"."session_creation_date", '%Y-%m-%dT%TZ')
        ),
        CASE WHEN "t0"."access_key_id" <> '' THEN "t0"."access_key_id" ELSE NULL END,
        "t0"."user_principal_id",
        "t0"."user_arn",
        CONCAT('service:', "t0"."invoked_by"),
        CONCAT('account:', "t0"."user_account_id"),
        'unknown caller'
      ) AS "session",
      "t0"."action",
      "t0"."denied_by",
      "t0"."event_time" AS "_time",
      CAST("t0"."outcome" = 'denied' AS BIGINT) AS "_denied",
      CAST("t0"."access" IN ('write', 'permission', 'tagging') AS BIGINT) AS "_change",
      "t0"."target" AS "_targets",
      "t0"."source_ip_address" AS "_origins"
    FROM "events" AS "t0"
    WHERE
      "t0"."outcome" = 'denied'
  ) AS "t1"
  GROUP BY
    1,
    2,
    3,
    4
) AS "t2"
ORDER BY
  "t2"."first_seen" ASC NULLS FIRST,
  "t2"."actor" ASC NULLS FIRST,
  "t2"."session" ASC NULLS FIRST,
  "t2"."action" ASC NULLS FIRST,
  "t2"."denied_by" ASC NULLS FIRST