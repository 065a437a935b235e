SELECT
  "t2"."actor",
  "t2"."weekday",
  "t2"."hour",
  "t2"."events",
  "t2"."denied",
  "t2"."writes",
  "t2"."_days" - CAST("t2"."_told_days" < "t2"."events" AS BIGINT) AS "days",
  "t2"."first_seen",
  "t2"."last_seen"
FROM (
  SELECT
    "t1"."actor",
    "t1"."weekday",
    "t1"."hour",
    MIN("t1"."_time") AS "first_seen",
    MAX("t1"."_time") AS "last_seen",
    COUNT(*) AS "events",
    COALESCE(SUM("t1"."_denied"), 0) AS "denied",
    COALESCE(SUM("t1"."_change"), 0) AS "writes",
    COUNT(DISTINCT "t1"."_days") + CAST(BOOL_OR("t1"."_days" IS NULL) AS TINYINT) AS "_days",
    COUNT("t1"."_days") AS "_told_days"
  FROM (
    SELECT
      "t0"."actor",
      CASE
        WHEN CAST(CAST((
          DAY_OF_WEEK("t0"."event_time") + 6
        ) % 7 AS SMALLINT) + 1 AS BIGINT) = 0
        THEN 7
        ELSE CAST(CAST((
          DAY_OF_WEEK("t0"."event_time") + 6
        ) % 7 AS SMALLINT) + 1 AS BIGINT)
      END AS "weekday",
      CAST(EXTRACT(HOUR FROM "t0"."event_time") AS BIGINT) AS "hour",
      "t0"."event_time" AS "_time",
      CAST("t0"."outcome" = 'denied' AS BIGINT) AS "_denied",
      CAST("t0"."access" IN ('write', 'permission', 'tagging') AS BIGINT) AS "_change",
      DATE_TRUNC('DAY', "t0"."event_time") AS "_days"
    FROM "events" AS "t0"
    WHERE
      NOT (
        "t0"."event_time" IS NULL
      )
  ) AS "t1"
  GROUP BY
    1,
    2,
    3
) AS "t2"
ORDER BY
  "t2"."actor" ASC NULLS FIRST,
  "t2"."weekday" ASC NULLS FIRST,
  "t2"."hour" ASC NULLS FIRST