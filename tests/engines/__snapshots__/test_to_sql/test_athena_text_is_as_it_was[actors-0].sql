SELECT
  "t14"."actor",
  "t14"."kind",
  "t14"."confidence",
  "t14"."source",
  "t14"."first_seen",
  "t14"."last_seen",
  "t14"."events",
  "t14"."denied",
  "t14"."writes",
  "t14"."sources",
  "t14"."accounts",
  "t14"."credentials",
  "t14"."origins"
FROM (
  SELECT
    "t13"."actor",
    "t13"."first_seen",
    "t13"."last_seen",
    "t13"."events",
    "t13"."denied",
    "t13"."writes",
    "t13"."sources",
    "t13"."accounts",
    "t13"."credentials",
    "t13"."origins",
    "t13"."kind",
    "t13"."confidence",
    "t13"."source"
  FROM (
    SELECT
      "t8"."actor",
      "t8"."first_seen",
      "t8"."last_seen",
      "t8"."events",
      "t8"."denied",
      "t8"."writes",
      "t8"."sources",
      "t8"."accounts",
      "t8"."credentials",
      "t8"."origins",
      "t12"."actor" AS "actor_right",
      "t12"."kind",
      "t12"."confidence",
      "t12"."source"
    FROM (
      SELECT
        "t5"."actor",
        "t5"."first_seen",
        "t5"."last_seen",
        "t5"."events",
        "t5"."denied",
        "t5"."writes",
        "t5"."_sources" - CAST("t5"."_told_sources" < "t5"."events" AS BIGINT) AS "sources",
        "t5"."_accounts" - CAST("t5"."_told_accounts" < "t5"."events" AS BIGINT) AS "accounts",
        "t5"."_credentials" - CAST("t5"."_told_credentials" < "t5"."events" AS BIGINT) AS "credentials",
        "t5"."_origins" - CAST("t5"."_told_origins" < "t5"."events" AS BIGINT) AS "origins"
      FROM (
        SELECT
          "t2"."actor",
          MIN("t2"."_time") AS "first_seen",
          MAX("t2"."_time") AS "last_seen",
          COUNT(*) AS "events",
          COALESCE(SUM("t2"."_denied"), 0) AS "denied",
          COALESCE(SUM("t2"."_change"), 0) AS "writes",
          COUNT(DISTINCT "t2"."_sources") + CAST(BOOL_OR("t2"."_sources" IS NULL) AS TINYINT) AS "_sources",
          COUNT(DISTINCT "t2"."_accounts") + CAST(BOOL_OR("t2"."_accounts" IS NULL) AS TINYINT) AS "_accounts",
          COUNT(DISTINCT "t2"."_credentials") + CAST(BOOL_OR("t2"."_credentials" IS NULL) AS TINYINT) AS "_credentials",
          COUNT(DISTINCT "t2"."_origins") + CAST(BOOL_OR("t2"."_origins" IS NULL) AS TINYINT) AS "_origins",
          COUNT("t2"."_sources") AS "_told_sources",
          COUNT("t2"."_accounts") AS "_told_accounts",
          COUNT("t2"."_credentials") AS "_told_credentials",
          COUNT("t2"."_origins") AS "_told_origins"
        FROM (
          SELECT
            "t0"."actor",
            "t0"."event_time" AS "_time",
            CAST("t0"."outcome" = 'denied' AS BIGINT) AS "_denied",
            CAST("t0"."access" IN ('write', 'permission', 'tagging') AS BIGINT) AS "_change",
            "t0"."actor_source" AS "_sources",
            "t0"."recipient_account_id" AS "_accounts",
            "t0"."access_key_id" AS "_credentials",
            "t0"."source_ip_address" AS "_origins"
          FROM "events" AS "t0"
        ) AS "t2"
        GROUP BY
          1
      ) AS "t5"
    ) AS "t8"
    LEFT OUTER JOIN (
      SELECT
        "t10"."actor",
        CASE WHEN "t10"."_kind" = "t10"."_last_kind" THEN "t10"."_kind" ELSE 'unknown' END AS "kind",
        REGEXP_REPLACE("t10"."_way", '^\d|\|.*\z', '') AS "confidence",
        REGEXP_REPLACE("t10"."_way", '^[^|]*\|', '') AS "source"
      FROM (
        SELECT
          "t9"."actor",
          MAX("t9"."_way") AS "_way",
          MIN("t9"."actor_kind") AS "_kind",
          MAX("t9"."actor_kind") AS "_last_kind"
        FROM (
          SELECT
            "t6"."actor",
            "t6"."actor_kind",
            "t6"."actor_confidence",
            "t6"."actor_source",
            CONCAT(
              CASE
                WHEN "t6"."actor_confidence" = 'inferred'
                THEN '3'
                ELSE CASE WHEN "t6"."actor_confidence" = 'exact' THEN '1' ELSE '2' END
              END,
              "t6"."actor_confidence",
              '|',
              "t6"."actor_source"
            ) AS "_way"
          FROM (
            SELECT
              "t4"."actor",
              "t4"."actor_kind",
              "t4"."actor_confidence",
              "t4"."actor_source"
            FROM (
              SELECT
                *
              FROM (
                SELECT
                  "t1"."actor",
                  "t1"."actor_kind",
                  "t1"."actor_confidence",
                  "t1"."actor_source",
                  (
                    ROW_NUMBER() OVER (
                      PARTITION BY "t1"."actor", "t1"."actor_kind", "t1"."actor_confidence", "t1"."actor_source"
                      ORDER BY 1 ASC
                    ) - 1
                  ) + 1 AS "row_index_1"
                FROM (
                  SELECT
                    "t0"."actor",
                    "t0"."actor_kind",
                    "t0"."actor_confidence",
                    "t0"."actor_source"
                  FROM "events" AS "t0"
                ) AS "t1"
              ) AS "t3"
              WHERE
                "t3"."row_index_1" = 1
            ) AS "t4"
          ) AS "t6"
        ) AS "t9"
        GROUP BY
          1
      ) AS "t10"
    ) AS "t12"
      ON "t8"."actor" = "t12"."actor"
  ) AS "t13"
) AS "t14"
ORDER BY
  "t14"."events" DESC NULLS FIRST,
  "t14"."actor" ASC NULLS FIRST