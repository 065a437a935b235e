SELECT
  "t4"."actor",
  "t4"."service",
  "t4"."outcome",
  "t4"."error",
  "t4"."events",
  "t4"."actions",
  "t4"."targets",
  "t4"."calls",
  CAST("t4"."events" AS DOUBLE) / "t4"."calls" AS "share",
  "t4"."outcome" = 'throttled' AS "is_throttling",
  "t4"."first_seen",
  "t4"."last_seen"
FROM (
  SELECT
    "t3"."actor",
    "t3"."service",
    "t3"."outcome",
    "t3"."error",
    "t3"."first_seen",
    "t3"."last_seen",
    "t3"."events",
    "t3"."denied",
    "t3"."writes",
    "t3"."actions",
    "t3"."targets",
    COALESCE(
      SUM("t3"."events") OVER (
        PARTITION BY "t3"."actor", "t3"."service"
        ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
      ),
      0
    ) AS "calls"
  FROM (
    SELECT
      "t2"."actor",
      "t2"."service",
      "t2"."outcome",
      "t2"."error",
      "t2"."first_seen",
      "t2"."last_seen",
      "t2"."events",
      "t2"."denied",
      "t2"."writes",
      "t2"."_actions" - CAST("t2"."_told_actions" < "t2"."events" AS BIGINT) AS "actions",
      "t2"."_targets" - CAST("t2"."_told_targets" < "t2"."events" AS BIGINT) AS "targets"
    FROM (
      SELECT
        "t1"."actor",
        "t1"."service",
        "t1"."outcome",
        "t1"."error",
        MIN("t1"."_time") AS "first_seen",
        MAX("t1"."_time") AS "last_seen",
        COUNT(*) AS "events",
        COALESCE(SUM("t1"."_denied"), 0) AS "denied",
        COALESCE(SUM("t1"."_change"), 0) AS "writes",
        COUNT(DISTINCT "t1"."_actions") + CAST(BOOL_OR("t1"."_actions" IS NULL) AS TINYINT) AS "_actions",
        COUNT(DISTINCT "t1"."_targets") + CAST(BOOL_OR("t1"."_targets" IS NULL) AS TINYINT) AS "_targets",
        COUNT("t1"."_actions") AS "_told_actions",
        COUNT("t1"."_targets") AS "_told_targets"
      FROM (
        SELECT
          "t0"."actor",
          REGEXP_REPLACE("t0"."action", ':[\s\S]*\z', '') AS "service",
          "t0"."outcome",
          "t0"."error_code" AS "error",
          "t0"."event_time" AS "_time",
          CAST("t0"."outcome" = 'denied' AS BIGINT) AS "_denied",
          CAST("t0"."access" IN ('write', 'permission', 'tagging') AS BIGINT) AS "_change",
          "t0"."action" AS "_actions",
          "t0"."target" AS "_targets"
        FROM "events" AS "t0"
      ) AS "t1"
      GROUP BY
        1,
        2,
        3,
        4
    ) AS "t2"
  ) AS "t3"
) AS "t4"
WHERE
  "t4"."outcome" <> 'success' AND "t4"."outcome" <> 'dry_run'
ORDER BY
  "t4"."events" DESC NULLS FIRST,
  "t4"."actor" ASC NULLS FIRST,
  "t4"."service" ASC NULLS FIRST,
  "t4"."outcome" ASC NULLS FIRST,
  "t4"."error" ASC NULLS FIRST