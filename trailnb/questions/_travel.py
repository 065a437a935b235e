"""Faster than an airliner: the same person or credential, seen too far apart too soon."""

from __future__ import annotations

import polars as pl

#: Airliners fly 900 km/h; places of addresses are wrong by a city or two.
FASTEST_KMH = 900.0
_NEAR_KM = 100.0
_EARTH_KM = 6371.0
_PERSONS = ("human", "root")
_SECOND_HOURS = 1 / 3600


def travelled(used: pl.DataFrame, places: pl.DataFrame) -> pl.DataFrame:
    """Who was seen at two places in less time than a flight takes?

    A person is followed over all credentials, a workload per session; instances, which sit still
    behind changing addresses, and services are not.

    Args:
        used: uses of origins, as `_origin_marks.USED`.
        places: origin, latitude, longitude.

    Returns:
        origin (where the journey ended), credential, why, speed_kmh.

    Example:
        >>> from datetime import datetime
        >>> at = lambda hour: {"first_seen": datetime(2026, 11, 2, hour), "last_seen": None}
        >>> one = {"actor": "alice", "actor_kind": "human", "session": "A", "is_instance": False}
        >>> used = pl.DataFrame([one | at(9) | {"origin": "a"}, one | at(10) | {"origin": "b"}])
        >>> used = used.with_columns(last_seen="first_seen")
        >>> places = pl.DataFrame(
        ...     {"origin": ["a", "b"], "latitude": [50.1, 40.7], "longitude": [8.7, -74.0]}
        ... )
        >>> round(travelled(used, places)["speed_kmh"].item(), -2)
        6200.0
    """
    is_person = pl.col("actor_kind").is_in(_PERSONS)
    known = places.drop_nulls(["latitude", "longitude"])
    seen = used.filter(is_person | ~pl.col("is_instance")).join(known, on="origin")
    named = seen.with_columns(who=pl.when(is_person).then("actor").otherwise("session"))
    sights = pl.concat(
        named.select("who", "session", "origin", "latitude", "longitude", time=moment)
        for moment in ("first_seen", "last_seen")
    )
    before = {
        f"_{name}": pl.col(name).shift(1).over("who")
        for name in ("time", "origin", "latitude", "longitude")
    }
    hours = (pl.col("time") - pl.col("_time")).dt.total_seconds() / 3600
    steps = (
        sights.sort("who", "time", "origin")
        .with_columns(**before)
        .with_columns(_km=_distance_km())
        .with_columns(speed_kmh=pl.col("_km") / hours.clip(_SECOND_HOURS))
    )
    fast = steps.filter(pl.col("_km") > _NEAR_KM, pl.col("speed_kmh") > FASTEST_KMH)
    why = pl.format(
        "{} was at {}, {} km away, {} minutes before",
        "who",
        "_origin",
        pl.col("_km").round().cast(pl.Int64),
        (hours * 60).round().cast(pl.Int64),
    )
    return fast.select(
        "origin", pl.col("session").alias("credential"), why.alias("why"), "speed_kmh"
    )


def _distance_km() -> pl.Expr:
    """Measure along the great circle (haversine)."""
    north, east = pl.col("latitude").radians(), pl.col("longitude").radians()
    from_north, from_east = pl.col("_latitude").radians(), pl.col("_longitude").radians()
    half = ((north - from_north) / 2).sin() ** 2
    wide = ((east - from_east) / 2).sin() ** 2
    arc = half + north.cos() * from_north.cos() * wide
    return 2 * _EARTH_KM * arc.clip(0, 1).sqrt().arcsin()
