SELECT
  "t2"."origin",
  "t2"."kind",
  "t2"."ip_version",
  "t2"."_actors" - CAST("t2"."_told_actors" < "t2"."events" AS BIGINT) AS "actors",
  "t2"."_credentials" - CAST("t2"."_told_credentials" < "t2"."events" AS BIGINT) AS "credentials",
  "t2"."_agents" - CAST("t2"."_told_agents" < "t2"."events" AS BIGINT) AS "agents",
  "t2"."_actions" - CAST("t2"."_told_actions" < "t2"."events" AS BIGINT) AS "actions",
  "t2"."_accounts" - CAST("t2"."_told_accounts" < "t2"."events" AS BIGINT) AS "accounts",
  "t2"."_regions" - CAST("t2"."_told_regions" < "t2"."events" AS BIGINT) AS "regions",
  "t2"."first_seen",
  "t2"."last_seen",
  "t2"."events",
  "t2"."denied",
  "t2"."writes"
FROM (
  SELECT
    "t1"."origin",
    "t1"."kind",
    "t1"."ip_version",
    MIN("t1"."_time") AS "first_seen",
    MAX("t1"."_time") AS "last_seen",
    COUNT(*) AS "events",
    COALESCE(SUM("t1"."_denied"), 0) AS "denied",
    COALESCE(SUM("t1"."_change"), 0) AS "writes",
    COUNT(DISTINCT "t1"."_actors") + CAST(BOOL_OR("t1"."_actors" IS NULL) AS TINYINT) AS "_actors",
    COUNT(DISTINCT "t1"."_credentials") + CAST(BOOL_OR("t1"."_credentials" IS NULL) AS TINYINT) AS "_credentials",
    COUNT(DISTINCT "t1"."_agents") + CAST(BOOL_OR("t1"."_agents" IS NULL) AS TINYINT) AS "_agents",
    COUNT(DISTINCT "t1"."_actions") + CAST(BOOL_OR("t1"."_actions" IS NULL) AS TINYINT) AS "_actions",
    COUNT(DISTINCT "t1"."_accounts") + CAST(BOOL_OR("t1"."_accounts" IS NULL) AS TINYINT) AS "_accounts",
    COUNT(DISTINCT "t1"."_regions") + CAST(BOOL_OR("t1"."_regions" IS NULL) AS TINYINT) AS "_regions",
    COUNT("t1"."_actors") AS "_told_actors",
    COUNT("t1"."_credentials") AS "_told_credentials",
    COUNT("t1"."_agents") AS "_told_agents",
    COUNT("t1"."_actions") AS "_told_actions",
    COUNT("t1"."_accounts") AS "_told_accounts",
    COUNT("t1"."_regions") AS "_told_regions"
  FROM (
    SELECT
      "t0"."source_ip_address" AS "origin",
      "t0"."source_kind" AS "kind",
      CASE
        WHEN STARTS_WITH("t0"."source_address_key", '00000000000000000000ffff')
        THEN 'v4'
        ELSE CASE WHEN NOT (
          "t0"."source_address_key" IS NULL
        ) THEN 'v6' ELSE NULL END
      END AS "ip_version",
      "t0"."event_time" AS "_time",
      CAST("t0"."outcome" = 'denied' AS BIGINT) AS "_denied",
      CAST("t0"."access" IN ('write', 'permission', 'tagging') AS BIGINT) AS "_change",
      "t0"."actor" AS "_actors",
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
      ) AS "_credentials",
      "t0"."user_agent" AS "_agents",
      "t0"."action" AS "_actions",
      "t0"."recipient_account_id" AS "_accounts",
      "t0"."aws_region" AS "_regions"
    FROM "events" AS "t0"
  ) AS "t1"
  GROUP BY
    1,
    2,
    3
) AS "t2"
ORDER BY
  "t2"."first_seen" ASC NULLS FIRST,
  "t2"."origin" ASC NULLS FIRST