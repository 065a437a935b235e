SELECT
  "t37"."kind",
  "t37"."value",
  "t37"."events",
  "t37"."denied",
  "t37"."first_seen",
  "t37"."last_seen",
  "t37"."events" = "t37"."total" AS "is_exclusive",
  (
    CAST("t37"."events" AS DOUBLE) / "t37"."total"
  ) * (
    CAST("t37"."all" AS DOUBLE) / "t37"."together"
  ) AS "lift"
FROM (
  SELECT
    "t36"."value",
    "t36"."events",
    "t36"."denied",
    "t36"."first_seen",
    "t36"."last_seen",
    "t36"."total",
    "t36"."kind",
    COALESCE(
      SUM("t36"."events") OVER (
        PARTITION BY "t36"."kind"
        ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
      ),
      0
    ) AS "together",
    COALESCE(
      SUM("t36"."total") OVER (
        PARTITION BY "t36"."kind"
        ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
      ),
      0
    ) AS "all"
  FROM (
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
            *
          FROM (
            SELECT
              "t10"."value",
              "t10"."events",
              "t10"."denied",
              "t10"."first_seen",
              "t10"."last_seen",
              "t10"."total",
              'actor' AS "kind"
            FROM (
              SELECT
                "t1"."value",
                COALESCE(SUM("t1"."_together"), 0) AS "events",
                COALESCE(SUM("t1"."_denied"), 0) AS "denied",
                MIN("t1"."_time") AS "first_seen",
                MAX("t1"."_time") AS "last_seen",
                COUNT(*) AS "total"
              FROM (
                SELECT
                  "t0"."recipient_account_id" AS "_account",
                  "t0"."action" AS "_action",
                  "t0"."actor" AS "value",
                  "t0"."user_agent" AS "_agent",
                  "t0"."access_key_id" AS "_key",
                  "t0"."source_ip_address" AS "_origin",
                  "t0"."aws_region" AS "_region",
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
                  ) AS "_session",
                  "t0"."target" AS "_target",
                  CAST(COALESCE("t0"."actor" = 'ci-deploy', FALSE) AS BIGINT) AS "_together",
                  CAST(COALESCE("t0"."actor" = 'ci-deploy', FALSE) AND "t0"."outcome" = 'denied' AS BIGINT) AS "_denied",
                  CASE
                    WHEN COALESCE("t0"."actor" = 'ci-deploy', FALSE)
                    THEN "t0"."event_time"
                    ELSE NULL
                  END AS "_time"
                FROM "events" AS "t0"
              ) AS "t1"
              GROUP BY
                1
            ) AS "t10"
          ) AS "t19"
          UNION ALL
          SELECT
            *
          FROM (
            SELECT
              "t11"."value",
              "t11"."events",
              "t11"."denied",
              "t11"."first_seen",
              "t11"."last_seen",
              "t11"."total",
              'agent' AS "kind"
            FROM (
              SELECT
                "t2"."value",
                COALESCE(SUM("t2"."_together"), 0) AS "events",
                COALESCE(SUM("t2"."_denied"), 0) AS "denied",
                MIN("t2"."_time") AS "first_seen",
                MAX("t2"."_time") AS "last_seen",
                COUNT(*) AS "total"
              FROM (
                SELECT
                  "t0"."recipient_account_id" AS "_account",
                  "t0"."action" AS "_action",
                  "t0"."actor" AS "_actor",
                  "t0"."user_agent" AS "value",
                  "t0"."access_key_id" AS "_key",
                  "t0"."source_ip_address" AS "_origin",
                  "t0"."aws_region" AS "_region",
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
                  ) AS "_session",
                  "t0"."target" AS "_target",
                  CAST(COALESCE("t0"."actor" = 'ci-deploy', FALSE) AS BIGINT) AS "_together",
                  CAST(COALESCE("t0"."actor" = 'ci-deploy', FALSE) AND "t0"."outcome" = 'denied' AS BIGINT) AS "_denied",
                  CASE
                    WHEN COALESCE("t0"."actor" = 'ci-deploy', FALSE)
                    THEN "t0"."event_time"
                    ELSE NULL
                  END AS "_time"
                FROM "events" AS "t0"
              ) AS "t2"
              GROUP BY
                1
            ) AS "t11"
          ) AS "t20"
        ) AS "t28"
        UNION ALL
        SELECT
          *
        FROM (
          SELECT
            *
          FROM (
            SELECT
              "t12"."value",
              "t12"."events",
              "t12"."denied",
              "t12"."first_seen",
              "t12"."last_seen",
              "t12"."total",
              'key' AS "kind"
            FROM (
              SELECT
                "t3"."value",
                COALESCE(SUM("t3"."_together"), 0) AS "events",
                COALESCE(SUM("t3"."_denied"), 0) AS "denied",
                MIN("t3"."_time") AS "first_seen",
                MAX("t3"."_time") AS "last_seen",
                COUNT(*) AS "total"
              FROM (
                SELECT
                  "t0"."recipient_account_id" AS "_account",
                  "t0"."action" AS "_action",
                  "t0"."actor" AS "_actor",
                  "t0"."user_agent" AS "_agent",
                  "t0"."access_key_id" AS "value",
                  "t0"."source_ip_address" AS "_origin",
                  "t0"."aws_region" AS "_region",
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
                  ) AS "_session",
                  "t0"."target" AS "_target",
                  CAST(COALESCE("t0"."actor" = 'ci-deploy', FALSE) AS BIGINT) AS "_together",
                  CAST(COALESCE("t0"."actor" = 'ci-deploy', FALSE) AND "t0"."outcome" = 'denied' AS BIGINT) AS "_denied",
                  CASE
                    WHEN COALESCE("t0"."actor" = 'ci-deploy', FALSE)
                    THEN "t0"."event_time"
                    ELSE NULL
                  END AS "_time"
                FROM "events" AS "t0"
              ) AS "t3"
              GROUP BY
                1
            ) AS "t12"
          ) AS "t21"
          UNION ALL
          SELECT
            *
          FROM (
            SELECT
              "t13"."value",
              "t13"."events",
              "t13"."denied",
              "t13"."first_seen",
              "t13"."last_seen",
              "t13"."total",
              'origin' AS "kind"
            FROM (
              SELECT
                "t4"."value",
                COALESCE(SUM("t4"."_together"), 0) AS "events",
                COALESCE(SUM("t4"."_denied"), 0) AS "denied",
                MIN("t4"."_time") AS "first_seen",
                MAX("t4"."_time") AS "last_seen",
                COUNT(*) AS "total"
              FROM (
                SELECT
                  "t0"."recipient_account_id" AS "_account",
                  "t0"."action" AS "_action",
                  "t0"."actor" AS "_actor",
                  "t0"."user_agent" AS "_agent",
                  "t0"."access_key_id" AS "_key",
                  "t0"."source_ip_address" AS "value",
                  "t0"."aws_region" AS "_region",
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
                  ) AS "_session",
                  "t0"."target" AS "_target",
                  CAST(COALESCE("t0"."actor" = 'ci-deploy', FALSE) AS BIGINT) AS "_together",
                  CAST(COALESCE("t0"."actor" = 'ci-deploy', FALSE) AND "t0"."outcome" = 'denied' AS BIGINT) AS "_denied",
                  CASE
                    WHEN COALESCE("t0"."actor" = 'ci-deploy', FALSE)
                    THEN "t0"."event_time"
                    ELSE NULL
                  END AS "_time"
                FROM "events" AS "t0"
              ) AS "t4"
              GROUP BY
                1
            ) AS "t13"
          ) AS "t22"
        ) AS "t29"
      ) AS "t32"
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
              "t14"."value",
              "t14"."events",
              "t14"."denied",
              "t14"."first_seen",
              "t14"."last_seen",
              "t14"."total",
              'region' AS "kind"
            FROM (
              SELECT
                "t5"."value",
                COALESCE(SUM("t5"."_together"), 0) AS "events",
                COALESCE(SUM("t5"."_denied"), 0) AS "denied",
                MIN("t5"."_time") AS "first_seen",
                MAX("t5"."_time") AS "last_seen",
                COUNT(*) AS "total"
              FROM (
                SELECT
                  "t0"."recipient_account_id" AS "_account",
                  "t0"."action" AS "_action",
                  "t0"."actor" AS "_actor",
                  "t0"."user_agent" AS "_agent",
                  "t0"."access_key_id" AS "_key",
                  "t0"."source_ip_address" AS "_origin",
                  "t0"."aws_region" AS "value",
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
                  ) AS "_session",
                  "t0"."target" AS "_target",
                  CAST(COALESCE("t0"."actor" = 'ci-deploy', FALSE) AS BIGINT) AS "_together",
                  CAST(COALESCE("t0"."actor" = 'ci-deploy', FALSE) AND "t0"."outcome" = 'denied' AS BIGINT) AS "_denied",
                  CASE
                    WHEN COALESCE("t0"."actor" = 'ci-deploy', FALSE)
                    THEN "t0"."event_time"
                    ELSE NULL
                  END AS "_time"
                FROM "events" AS "t0"
              ) AS "t5"
              GROUP BY
                1
            ) AS "t14"
          ) AS "t23"
          UNION ALL
          SELECT
            *
          FROM (
            SELECT
              "t15"."value",
              "t15"."events",
              "t15"."denied",
              "t15"."first_seen",
              "t15"."last_seen",
              "t15"."total",
              'session' AS "kind"
            FROM (
              SELECT
                "t6"."value",
                COALESCE(SUM("t6"."_together"), 0) AS "events",
                COALESCE(SUM("t6"."_denied"), 0) AS "denied",
                MIN("t6"."_time") AS "first_seen",
                MAX("t6"."_time") AS "last_seen",
                COUNT(*) AS "total"
              FROM (
                SELECT
                  "t0"."recipient_account_id" AS "_account",
                  "t0"."action" AS "_action",
                  "t0"."actor" AS "_actor",
                  "t0"."user_agent" AS "_agent",
                  "t0"."access_key_id" AS "_key",
                  "t0"."source_ip_address" AS "_origin",
                  "t0"."aws_region" AS "_region",
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
                  ) AS "value",
                  "t0"."target" AS "_target",
                  CAST(COALESCE("t0"."actor" = 'ci-deploy', FALSE) AS BIGINT) AS "_together",
                  CAST(COALESCE("t0"."actor" = 'ci-deploy', FALSE) AND "t0"."outcome" = 'denied' AS BIGINT) AS "_denied",
                  CASE
                    WHEN COALESCE("t0"."actor" = 'ci-deploy', FALSE)
                    THEN "t0"."event_time"
                    ELSE NULL
                  END AS "_time"
                FROM "events" AS "t0"
              ) AS "t6"
              GROUP BY
                1
            ) AS "t15"
          ) AS "t24"
        ) AS "t30"
        UNION ALL
        SELECT
          *
        FROM (
          SELECT
            *
          FROM (
            SELECT
              "t16"."value",
              "t16"."events",
              "t16"."denied",
              "t16"."first_seen",
              "t16"."last_seen",
              "t16"."total",
              'target' AS "kind"
            FROM (
              SELECT
                "t7"."value",
                COALESCE(SUM("t7"."_together"), 0) AS "events",
                COALESCE(SUM("t7"."_denied"), 0) AS "denied",
                MIN("t7"."_time") AS "first_seen",
                MAX("t7"."_time") AS "last_seen",
                COUNT(*) AS "total"
              FROM (
                SELECT
                  "t0"."recipient_account_id" AS "_account",
                  "t0"."action" AS "_action",
                  "t0"."actor" AS "_actor",
                  "t0"."user_agent" AS "_agent",
                  "t0"."access_key_id" AS "_key",
                  "t0"."source_ip_address" AS "_origin",
                  "t0"."aws_region" AS "_region",
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
                  ) AS "_session",
                  "t0"."target" AS "value",
                  CAST(COALESCE("t0"."actor" = 'ci-deploy', FALSE) AS BIGINT) AS "_together",
                  CAST(COALESCE("t0"."actor" = 'ci-deploy', FALSE) AND "t0"."outcome" = 'denied' AS BIGINT) AS "_denied",
                  CASE
                    WHEN COALESCE("t0"."actor" = 'ci-deploy', FALSE)
                    THEN "t0"."event_time"
                    ELSE NULL
                  END AS "_time"
                FROM "events" AS "t0"
              ) AS "t7"
              GROUP BY
                1
            ) AS "t16"
          ) AS "t25"
          UNION ALL
          SELECT
            *
          FROM (
            SELECT
              *
            FROM (
              SELECT
                "t17"."value",
                "t17"."events",
                "t17"."denied",
                "t17"."first_seen",
                "t17"."last_seen",
                "t17"."total",
                'account' AS "kind"
              FROM (
                SELECT
                  "t8"."value",
                  COALESCE(SUM("t8"."_together"), 0) AS "events",
                  COALESCE(SUM("t8"."_denied"), 0) AS "denied",
                  MIN("t8"."_time") AS "first_seen",
                  MAX("t8"."_time") AS "last_seen",
                  COUNT(*) AS "total"
                FROM (
                  SELECT
                    "t0"."recipient_account_id" AS "value",
                    "t0"."action" AS "_action",
                    "t0"."actor" AS "_actor",
                    "t0"."user_agent" AS "_agent",
                    "t0"."access_key_id" AS "_key",
                    "t0"."source_ip_address" AS "_origin",
                    "t0"."aws_region" AS "_region",
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
                    ) AS "_session",
                    "t0"."target" AS "_target",
                    CAST(COALESCE("t0"."actor" = 'ci-deploy', FALSE) AS BIGINT) AS "_together",
                    CAST(COALESCE("t0"."actor" = 'ci-deploy', FALSE) AND "t0"."outcome" = 'denied' AS BIGINT) AS "_denied",
                    CASE
                      WHEN COALESCE("t0"."actor" = 'ci-deploy', FALSE)
                      THEN "t0"."event_time"
                      ELSE NULL
                    END AS "_time"
                  FROM "events" AS "t0"
                ) AS "t8"
                GROUP BY
                  1
              ) AS "t17"
            ) AS "t26"
            UNION ALL
            SELECT
              *
            FROM (
              SELECT
                "t18"."value",
                "t18"."events",
                "t18"."denied",
                "t18"."first_seen",
                "t18"."last_seen",
                "t18"."total",
                'action' AS "kind"
              FROM (
                SELECT
                  "t9"."value",
                  COALESCE(SUM("t9"."_together"), 0) AS "events",
                  COALESCE(SUM("t9"."_denied"), 0) AS "denied",
                  MIN("t9"."_time") AS "first_seen",
                  MAX("t9"."_time") AS "last_seen",
                  COUNT(*) AS "total"
                FROM (
                  SELECT
                    "t0"."recipient_account_id" AS "_account",
                    "t0"."action" AS "value",
                    "t0"."actor" AS "_actor",
                    "t0"."user_agent" AS "_agent",
                    "t0"."access_key_id" AS "_key",
                    "t0"."source_ip_address" AS "_origin",
                    "t0"."aws_region" AS "_region",
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
                    ) AS "_session",
                    "t0"."target" AS "_target",
                    CAST(COALESCE("t0"."actor" = 'ci-deploy', FALSE) AS BIGINT) AS "_together",
                    CAST(COALESCE("t0"."actor" = 'ci-deploy', FALSE) AND "t0"."outcome" = 'denied' AS BIGINT) AS "_denied",
                    CASE
                      WHEN COALESCE("t0"."actor" = 'ci-deploy', FALSE)
                      THEN "t0"."event_time"
                      ELSE NULL
                    END AS "_time"
                  FROM "events" AS "t0"
                ) AS "t9"
                GROUP BY
                  1
              ) AS "t18"
            ) AS "t27"
          ) AS "t31"
        ) AS "t33"
      ) AS "t34"
    ) AS "t35"
  ) AS "t36"
) AS "t37"
WHERE
  "t37"."events" > 0 AND NOT (
    "t37"."value" IS NULL
  ) AND "t37"."value" <> ''
ORDER BY
  "t37"."kind" ASC NULLS FIRST,
  "t37"."events" DESC NULLS FIRST,
  "t37"."value" ASC NULLS FIRST