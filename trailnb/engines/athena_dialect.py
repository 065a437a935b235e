"""Athena's SQL as DuckDB says it: what both have and take otherwise, and what only one has.

sqlglot is imported on first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from trailnb.engines.sql_tables import MAPS

if TYPE_CHECKING:
    from sqlglot import exp

#: What DuckDB takes otherwise than Athena. A text that is no JSON is NULL in Athena,
#: and a scalar is asked for where an object stands: NULL again.
MACROS = (
    (
        "CREATE MACRO athena_scalar(j, p) AS CASE WHEN json_valid(CAST(j AS VARCHAR)) THEN "
        "CASE WHEN json_type(CAST(j AS VARCHAR), p) NOT IN ('OBJECT', 'ARRAY', 'NULL') "
        "THEN json_extract_string(CAST(j AS VARCHAR), p) END END"
    ),
    (
        "CREATE MACRO athena_json(j, p) AS CASE WHEN json_valid(CAST(j AS VARCHAR)) THEN "
        "json_extract(CAST(j AS VARCHAR), p) END"
    ),
    # Athena gives NULL where nothing matches or no part is, and nothing from before the first one.
    (
        "CREATE MACRO athena_regexp_extract(x, p, g) AS "
        "CASE WHEN regexp_matches(x, p) THEN regexp_extract(x, p, g) END"
    ),
    "CREATE MACRO athena_split_part(x, d, n) AS string_split(x, d)[n]",
    "CREATE MACRO athena_substr(x, n) AS CASE WHEN n = 0 THEN '' ELSE substr(x, n) END",
    "CREATE MACRO athena_part(x, n, m) AS CASE WHEN n = 0 THEN '' ELSE substr(x, n, m) END",
)


def adapted(tree: exp.Expr, *, is_lake: bool) -> exp.Expr:
    """Say a query of Athena's, or Lake's, so that DuckDB answers as they do."""
    from sqlglot import exp

    def changed(node: exp.Expr) -> exp.Expr:
        if called := _of_json(node) or _as_macro(node):
            return called
        if isinstance(node, exp.ArraySize) and is_lake and node.this.name.lower() in MAPS:
            return exp.Anonymous(this="cardinality", expressions=[node.this])
        if isinstance(node, exp.Unnest):
            return _unnested(node, is_lake=is_lake)
        if isinstance(node, exp.Anonymous):
            return _matched(node)
        return node

    return tree.transform(changed)


def _of_json(node: exp.Expr) -> exp.Expr | None:
    """Take a scalar or a text out of JSON; of what is no JSON, nothing."""
    from sqlglot import exp

    if isinstance(node, exp.JSONExtractScalar | exp.JSONExtract):
        path = exp.Literal.string(node.expression.sql("duckdb").strip("'").replace("''", "'"))
        name = "athena_json" if type(node) is exp.JSONExtract else "athena_scalar"
        return exp.Anonymous(this=name, expressions=[node.this, path])
    if isinstance(node, exp.Cast) and type(node.this) is exp.JSONExtract:
        # A text inside of JSON is the text, and no JSON of it.
        if not node.to.is_type(*exp.DataType.TEXT_TYPES):
            return None
        inside = [node.this, exp.Literal.string("$")]
        return exp.Anonymous(this="json_extract_string", expressions=inside)
    return None


def _as_macro(node: exp.Expr) -> exp.Expr | None:
    """Call the macro that answers as Athena's function does."""
    from sqlglot import exp

    if isinstance(node, exp.RegexpExtract):
        group = node.args.get("group") or exp.Literal.number(0)
        inside = [node.this, node.expression, group]
        return exp.Anonymous(this="athena_regexp_extract", expressions=inside)
    if isinstance(node, exp.SplitPart):
        inside = [node.this, node.args["delimiter"], node.args["part_index"]]
        return exp.Anonymous(this="athena_split_part", expressions=inside)
    if isinstance(node, exp.Substring):
        inside = [node.this, node.args["start"]]
        length = node.args.get("length")
        name = "athena_substr" if length is None else "athena_part"
        return exp.Anonymous(this=name, expressions=[*inside, *([length] if length else [])])
    return None


def _unnested(node: exp.Unnest, *, is_lake: bool) -> exp.Expr:
    """Say `UNNEST(map) AS t(k, v)` as the map's entries."""
    from sqlglot import exp

    alias, inside = node.args.get("alias"), node.expressions
    columns = alias.columns if alias else []
    is_map = is_lake and len(inside) == 1 and inside[0].name.lower() in MAPS
    if alias is None or not (is_map and len(columns) == len(("key", "value"))):
        return node
    parts = [exp.Anonymous(this=name, expressions=inside) for name in ("map_keys", "map_values")]
    select = exp.Select(
        expressions=[
            exp.alias_(exp.Anonymous(this="unnest", expressions=[part]), column.name, quoted=True)
            for part, column in zip(parts, columns, strict=True)
        ]
    )
    named = exp.TableAlias(this=alias.this)
    return exp.Lateral(this=exp.Subquery(this=select), alias=named)


def _matched(node: exp.Anonymous) -> exp.Expr:
    from sqlglot import exp

    name, inside = node.name.lower(), node.expressions
    if name == "at_timezone" and len(inside) == len(("time", "zone")):
        return exp.AtTimeZone(this=inside[0], zone=inside[1])
    if name not in {"any_match", "none_match", "all_match"} or not inside:
        return node
    held = exp.Anonymous(
        this="len", expressions=[exp.ArrayFilter(this=inside[0], expression=inside[-1])]
    )
    zero = exp.Literal.number(0)
    if name == "any_match":
        return exp.Paren(this=exp.GT(this=held, expression=zero))
    if name == "none_match":
        return exp.Paren(this=exp.EQ(this=held, expression=zero))
    whole = exp.Anonymous(this="len", expressions=[inside[0].copy()])
    return exp.Paren(this=exp.EQ(this=held, expression=whole))
