SELECT
  "t2"."time",
  'access' AS "kind",
  "t2"."value",
  "t2"."events",
  "t2"."denied",
  "t2"."writes",
  "t2"."_actors" - CAST("t2"."_told_actors" < "t2"."events" AS BIGINT) AS "actors"
FROM (
  SELECT
    "t1"."time",
    "t1"."value",
    MIN("t1"."_time") AS "first_seen",
    MAX("t1"."_time") AS "last_seen",
    COUNT(*) AS "events",
    COALESCE(SUM("t1"."_denied"), 0) AS "denied",
    COALESCE(SUM("t1"."_change"), 0) AS "writes",
    COUNT(DISTINCT "t1"."_actors") + CAST(BOOL_OR("t1"."_actors" IS NULL) AS TINYINT) AS "_actors",
    COUNT("t1"."_actors") AS "_told_actors"
  FROM (
    SELECT
      DATE_TRUNC('HOUR', "t0"."event_time") AS "time",
      "t0"."access" AS "value",
      "t0"."event_time" AS "_time",
      CAST("t0"."outcome" = 'denied' AS BIGINT) AS "_denied",
      CAST("t0"."access" IN ('write', 'permission', 'tagging') AS BIGINT) AS "_change",
      "t0"."actor" AS "_actors"
    FROM "events" AS "t0"
  ) AS "t1"
  GROUP BY
    1,
    2
) AS "t2"
ORDER BY
  "t2"."time" ASC NULLS FIRST,
  "t2"."value" ASC NULLS FIRST