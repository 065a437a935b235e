SELECT
  "t0"."event_time" AS "time",
  "t0"."actor",
  "t0"."action",
  "t0"."access",
  "t0"."target",
  "t0"."outcome",
  "t0"."source_ip_address" AS "origin",
  "t0"."aws_region" AS "region",
  "t0"."recipient_account_id" AS "account",
  "t0"."event_id"
FROM "events" AS "t0"
WHERE
  (
    "t0"."access" = 'write' OR "t0"."access" = 'permission'
  )
  AND (
    "t0"."actor" = 'ci-deploy'
    OR "t0"."access_key_id" = 'AKIAWO645SY5J3WM6HCL'
    OR (
      "t0"."access_key_id" = 'ASIA3KF6UTOHUUPEXANV'
      OR "t0"."access_key_id" = 'ASIARZPUZDIKOVD6KRQU'
    )
    OR (
      (
        "t0"."user_principal_id" = 'AROA3KF6UTOHTS4LK6ZIH:backup-sync'
        AND "t0"."session_creation_date" = CAST('2026-11-03 03:18:25' AS TIMESTAMP)
      )
      OR (
        "t0"."user_principal_id" = 'AROARZPUZDIKORRQRU4PZ:backup-sync'
        AND "t0"."session_creation_date" = CAST('2026-11-03 03:26:10' AS TIMESTAMP)
      )
      OR (
        (
          "t0"."user_principal_id" = 'AROA3KF6UTOHTS4LK6ZIH:backup-sync'
          AND (
            "t0"."event_time" >= CAST('2026-11-03 03:18:25' AS TIMESTAMP)
            AND "t0"."event_time" <= CAST('2026-11-03 15:18:25' AS TIMESTAMP)
          )
          AND (
            "t0"."session_creation_date" IS NULL
            OR (
              "t0"."session_creation_date" >= CAST('2026-11-03 03:18:23' AS TIMESTAMP)
              AND "t0"."session_creation_date" <= CAST('2026-11-03 03:18:27' AS TIMESTAMP)
            )
          )
        )
        OR (
          "t0"."user_principal_id" = 'AROARZPUZDIKORRQRU4PZ:backup-sync'
          AND (
            "t0"."event_time" >= CAST('2026-11-03 03:26:10' AS TIMESTAMP)
            AND "t0"."event_time" <= CAST('2026-11-03 15:26:10' AS TIMESTAMP)
          )
          AND (
            "t0"."session_creation_date" IS NULL
            OR (
              "t0"."session_creation_date" >= CAST('2026-11-03 03:26:08' AS TIMESTAMP)
              AND "t0"."session_creation_date" <= CAST('2026-11-03 03:26:12' AS TIMESTAMP)
            )
          )
        )
      )
    )
  )
ORDER BY
  "t0"."event_time" ASC NULLS FIRST,
  "t0"."event_id" ASC NULLS FIRST