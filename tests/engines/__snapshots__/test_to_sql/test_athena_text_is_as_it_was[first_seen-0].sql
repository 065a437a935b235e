SELECT
  'origin' AS "kind",
  "t2"."value",
  "t2"."first_seen",
  "t2"."last_seen",
  "t2"."events",
  "t2"."denied"
FROM (
  SELECT
    "t1"."value",
    MIN("t1"."_time") AS "first_seen",
    MAX("t1"."_time") AS "last_seen",
    COUNT(*) AS "events",
    COALESCE(SUM("t1"."_denied"), 0) AS "denied"
  FROM (
    SELECT
      "t0"."source_ip_address" AS "value",
      "t0"."event_time" AS "_time",
      CAST("t0"."outcome" = 'denied' AS BIGINT) AS "_denied"
    FROM "events" AS "t0"
  ) AS "t1"
  GROUP BY
    1
) AS "t2"
WHERE
  NOT (
    CASE
      WHEN NOT (
        "t2"."value" IS NULL
      ) AND "t2"."value" <> ''
      THEN "t2"."events"
      ELSE NULL
    END IS NULL
  )
ORDER BY
  "t2"."first_seen" ASC NULLS FIRST,
  "t2"."value" ASC NULLS FIRST