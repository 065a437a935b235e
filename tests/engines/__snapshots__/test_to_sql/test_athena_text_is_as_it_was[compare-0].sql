SELECT
  "t24"."kind",
  "t24"."value",
  "t24"."change",
  "t24"."events_a",
  "t24"."events_b",
  "t24"."per_hour_a",
  "t24"."per_hour_b"
FROM (
  SELECT
    "t23"."value",
    "t23"."events_a",
    "t23"."events_b",
    "t23"."kind",
    "t23"."events_a" / CAST(48.0 AS DOUBLE) AS "per_hour_a",
    "t23"."events_b" / CAST(24.0 AS DOUBLE) AS "per_hour_b",
    CASE
      WHEN NOT (
        "t23"."value" IS NULL
      ) AND "t23"."value" <> ''
      THEN CASE
        WHEN "t23"."events_a" = 0
        THEN 'new'
        ELSE CASE
          WHEN "t23"."events_b" = 0
          THEN 'gone'
          ELSE CASE
            WHEN "t23"."events_b" >= (
              "t23"."events_a" * CAST(0.5 AS DOUBLE) * CAST(2.0 AS DOUBLE)
            )
            AND (
              "t23"."events_b" - (
                "t23"."events_a" * CAST(0.5 AS DOUBLE)
              )
            ) > (
              CASE
                WHEN (
                  (
                    "t23"."events_a" * CAST(0.5 AS DOUBLE) * CAST(0.5 AS DOUBLE)
                  ) + "t23"."events_b"
                ) < 0
                THEN NAN()
                ELSE SQRT(
                  (
                    "t23"."events_a" * CAST(0.5 AS DOUBLE) * CAST(0.5 AS DOUBLE)
                  ) + "t23"."events_b"
                )
              END * CAST(3.0 AS DOUBLE)
            )
            THEN 'more'
            ELSE CASE
              WHEN (
                "t23"."events_b" * CAST(2.0 AS DOUBLE)
              ) <= (
                "t23"."events_a" * CAST(0.5 AS DOUBLE)
              )
              AND (
                (
                  "t23"."events_a" * CAST(0.5 AS DOUBLE)
                ) - "t23"."events_b"
              ) > (
                CASE
                  WHEN (
                    (
                      "t23"."events_a" * CAST(0.5 AS DOUBLE) * CAST(0.5 AS DOUBLE)
                    ) + "t23"."events_b"
                  ) < 0
                  THEN NAN()
                  ELSE SQRT(
                    (
                      "t23"."events_a" * CAST(0.5 AS DOUBLE) * CAST(0.5 AS DOUBLE)
                    ) + "t23"."events_b"
                  )
                END * CAST(3.0 AS DOUBLE)
              )
              THEN 'less'
              ELSE NULL
            END
          END
        END
      END
      ELSE NULL
    END AS "change"
  FROM (
    SELECT
      *
    FROM (
      SELECT
        *
      FROM (
        SELECT
          "t7"."value",
          "t7"."events_a",
          "t7"."events_b",
          'origin' AS "kind"
        FROM (
          SELECT
            "t1"."value",
            COALESCE(SUM("t1"."_a"), 0) AS "events_a",
            COALESCE(SUM("t1"."_b"), 0) AS "events_b"
          FROM (
            SELECT
              "t0"."recipient_account_id" AS "_account",
              "t0"."action" AS "_action",
              "t0"."actor" AS "_actor",
              "t0"."user_agent" AS "_agent",
              "t0"."source_ip_address" AS "value",
              "t0"."aws_region" AS "_region",
              CAST("t0"."event_time" >= CAST('2026-11-01 00:00:00' AS TIMESTAMP)
              AND "t0"."event_time" < CAST('2026-11-03 00:00:00' AS TIMESTAMP) AS BIGINT) AS "_a",
              CAST("t0"."event_time" >= CAST('2026-11-03 00:00:00' AS TIMESTAMP)
              AND "t0"."event_time" < CAST('2026-11-04 00:00:00' AS TIMESTAMP) AS BIGINT) AS "_b"
            FROM "events" AS "t0"
            WHERE
              (
                "t0"."event_time" >= CAST('2026-11-01 00:00:00' AS TIMESTAMP)
                AND "t0"."event_time" < CAST('2026-11-03 00:00:00' AS TIMESTAMP)
              )
              OR (
                "t0"."event_time" >= CAST('2026-11-03 00:00:00' AS TIMESTAMP)
                AND "t0"."event_time" < CAST('2026-11-04 00:00:00' AS TIMESTAMP)
              )
          ) AS "t1"
          GROUP BY
            1
        ) AS "t7"
      ) AS "t13"
      UNION ALL
      SELECT
        *
      FROM (
        SELECT
          "t8"."value",
          "t8"."events_a",
          "t8"."events_b",
          'region' AS "kind"
        FROM (
          SELECT
            "t2"."value",
            COALESCE(SUM("t2"."_a"), 0) AS "events_a",
            COALESCE(SUM("t2"."_b"), 0) AS "events_b"
          FROM (
            SELECT
              "t0"."recipient_account_id" AS "_account",
              "t0"."action" AS "_action",
              "t0"."actor" AS "_actor",
              "t0"."user_agent" AS "_agent",
              "t0"."source_ip_address" AS "_origin",
              "t0"."aws_region" AS "value",
              CAST("t0"."event_time" >= CAST('2026-11-01 00:00:00' AS TIMESTAMP)
              AND "t0"."event_time" < CAST('2026-11-03 00:00:00' AS TIMESTAMP) AS BIGINT) AS "_a",
              CAST("t0"."event_time" >= CAST('2026-11-03 00:00:00' AS TIMESTAMP)
              AND "t0"."event_time" < CAST('2026-11-04 00:00:00' AS TIMESTAMP) AS BIGINT) AS "_b"
            FROM "events" AS "t0"
            WHERE
              (
                "t0"."event_time" >= CAST('2026-11-01 00:00:00' AS TIMESTAMP)
                AND "t0"."event_time" < CAST('2026-11-03 00:00:00' AS TIMESTAMP)
              )
              OR (
                "t0"."event_time" >= CAST('2026-11-03 00:00:00' AS TIMESTAMP)
                AND "t0"."event_time" < CAST('2026-11-04 00:00:00' AS TIMESTAMP)
              )
          ) AS "t2"
          GROUP BY
            1
        ) AS "t8"
      ) AS "t14"
    ) AS "t19"
    UNION ALL
    SELECT
      *
    FROM (
      SELECT
        *
      FROM (
        SELECT
          *
        FROM (
          SELECT
            "t9"."value",
            "t9"."events_a",
            "t9"."events_b",
            'account' AS "kind"
          FROM (
            SELECT
              "t3"."value",
              COALESCE(SUM("t3"."_a"), 0) AS "events_a",
              COALESCE(SUM("t3"."_b"), 0) AS "events_b"
            FROM (
              SELECT
                "t0"."recipient_account_id" AS "value",
                "t0"."action" AS "_action",
                "t0"."actor" AS "_actor",
                "t0"."user_agent" AS "_agent",
                "t0"."source_ip_address" AS "_origin",
                "t0"."aws_region" AS "_region",
                CAST("t0"."event_time" >= CAST('2026-11-01 00:00:00' AS TIMESTAMP)
                AND "t0"."event_time" < CAST('2026-11-03 00:00:00' AS TIMESTAMP) AS BIGINT) AS "_a",
                CAST("t0"."event_time" >= CAST('2026-11-03 00:00:00' AS TIMESTAMP)
                AND "t0"."event_time" < CAST('2026-11-04 00:00:00' AS TIMESTAMP) AS BIGINT) AS "_b"
              FROM "events" AS "t0"
              WHERE
                (
                  "t0"."event_time" >= CAST('2026-11-01 00:00:00' AS TIMESTAMP)
                  AND "t0"."event_time" < CAST('2026-11-03 00:00:00' AS TIMESTAMP)
                )
                OR (
                  "t0"."event_time" >= CAST('2026-11-03 00:00:00' AS TIMESTAMP)
                  AND "t0"."event_time" < CAST('2026-11-04 00:00:00' AS TIMESTAMP)
                )
            ) AS "t3"
            GROUP BY
              1
          ) AS "t9"
        ) AS "t15"
        UNION ALL
        SELECT
          *
        FROM (
          SELECT
            "t10"."value",
            "t10"."events_a",
            "t10"."events_b",
            'action' AS "kind"
          FROM (
            SELECT
              "t4"."value",
              COALESCE(SUM("t4"."_a"), 0) AS "events_a",
              COALESCE(SUM("t4"."_b"), 0) AS "events_b"
            FROM (
              SELECT
                "t0"."recipient_account_id" AS "_account",
                "t0"."action" AS "value",
                "t0"."actor" AS "_actor",
                "t0"."user_agent" AS "_agent",
                "t0"."source_ip_address" AS "_origin",
                "t0"."aws_region" AS "_region",
                CAST("t0"."event_time" >= CAST('2026-11-01 00:00:00' AS TIMESTAMP)
                AND "t0"."event_time" < CAST('2026-11-03 00:00:00' AS TIMESTAMP) AS BIGINT) AS "_a",
                CAST("t0"."event_time" >= CAST('2026-11-03 00:00:00' AS TIMESTAMP)
                AND "t0"."event_time" < CAST('2026-11-04 00:00:00' AS TIMESTAMP) AS BIGINT) AS "_b"
              FROM "events" AS "t0"
              WHERE
                (
                  "t0"."event_time" >= CAST('2026-11-01 00:00:00' AS TIMESTAMP)
                  AND "t0"."event_time" < CAST('2026-11-03 00:00:00' AS TIMESTAMP)
                )
                OR (
                  "t0"."event_time" >= CAST('2026-11-03 00:00:00' AS TIMESTAMP)
                  AND "t0"."event_time" < CAST('2026-11-04 00:00:00' AS TIMESTAMP)
                )
            ) AS "t4"
            GROUP BY
              1
          ) AS "t10"
        ) AS "t16"
      ) AS "t20"
      UNION ALL
      SELECT
        *
      FROM (
        SELECT
          *
        FROM (
          SELECT
            "t11"."value",
            "t11"."events_a",
            "t11"."events_b",
            'actor' AS "kind"
          FROM (
            SELECT
              "t5"."value",
              COALESCE(SUM("t5"."_a"), 0) AS "events_a",
              COALESCE(SUM("t5"."_b"), 0) AS "events_b"
            FROM (
              SELECT
                "t0"."recipient_account_id" AS "_account",
                "t0"."action" AS "_action",
                "t0"."actor" AS "value",
                "t0"."user_agent" AS "_agent",
                "t0"."source_ip_address" AS "_origin",
                "t0"."aws_region" AS "_region",
                CAST("t0"."event_time" >= CAST('2026-11-01 00:00:00' AS TIMESTAMP)
                AND "t0"."event_time" < CAST('2026-11-03 00:00:00' AS TIMESTAMP) AS BIGINT) AS "_a",
                CAST("t0"."event_time" >= CAST('2026-11-03 00:00:00' AS TIMESTAMP)
                AND "t0"."event_time" < CAST('2026-11-04 00:00:00' AS TIMESTAMP) AS BIGINT) AS "_b"
              FROM "events" AS "t0"
              WHERE
                (
                  "t0"."event_time" >= CAST('2026-11-01 00:00:00' AS TIMESTAMP)
                  AND "t0"."event_time" < CAST('2026-11-03 00:00:00' AS TIMESTAMP)
                )
                OR (
                  "t0"."event_time" >= CAST('2026-11-03 00:00:00' AS TIMESTAMP)
                  AND "t0"."event_time" < CAST('2026-11-04 00:00:00' AS TIMESTAMP)
                )
            ) AS "t5"
            GROUP BY
              1
          ) AS "t11"
        ) AS "t17"
        UNION ALL
        SELECT
          *
        FROM (
          SELECT
            "t12"."value",
            "t12"."events_a",
            "t12"."events_b",
            'agent' AS "kind"
          FROM (
            SELECT
              "t6"."value",
              COALESCE(SUM("t6"."_a"), 0) AS "events_a",
              COALESCE(SUM("t6"."_b"), 0) AS "events_b"
            FROM (
              SELECT
                "t0"."recipient_account_id" AS "_account",
                "t0"."action" AS "_action",
                "t0"."actor" AS "_actor",
                "t0"."user_agent" AS "value",
                "t0"."source_ip_address" AS "_origin",
                "t0"."aws_region" AS "_region",
                CAST("t0"."event_time" >= CAST('2026-11-01 00:00:00' AS TIMESTAMP)
                AND "t0"."event_time" < CAST('2026-11-03 00:00:00' AS TIMESTAMP) AS BIGINT) AS "_a",
                CAST("t0"."event_time" >= CAST('2026-11-03 00:00:00' AS TIMESTAMP)
                AND "t0"."event_time" < CAST('2026-11-04 00:00:00' AS TIMESTAMP) AS BIGINT) AS "_b"
              FROM "events" AS "t0"
              WHERE
                (
                  "t0"."event_time" >= CAST('2026-11-01 00:00:00' AS TIMESTAMP)
                  AND "t0"."event_time" < CAST('2026-11-03 00:00:00' AS TIMESTAMP)
                )
                OR (
                  "t0"."event_time" >= CAST('2026-11-03 00:00:00' AS TIMESTAMP)
                  AND "t0"."event_time" < CAST('2026-11-04 00:00:00' AS TIMESTAMP)
                )
            ) AS "t6"
            GROUP BY
              1
          ) AS "t12"
        ) AS "t18"
      ) AS "t21"
    ) AS "t22"
  ) AS "t23"
) AS "t24"
WHERE
  NOT (
    "t24"."change" IS NULL
  )
ORDER BY
  "t24"."kind" ASC NULLS FIRST,
  "t24"."change" ASC NULLS FIRST,
  "t24"."events_b" DESC NULLS FIRST,
  "t24"."events_a" DESC NULLS FIRST,
  "t24"."value" ASC NULLS FIRST