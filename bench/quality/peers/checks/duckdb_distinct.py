"""DuckDB at its best: extremes instead of comparisons a row, and texts are judged once for each distinct value."""

import duckdb

PACKAGE = "duckdb"


def check(path, rows, origins):
    members = ", ".join(f"'{origin}'" for origin in origins)
    file = f"read_parquet('{path}')"
    numbers = duckdb.execute(f"""
        SELECT count(*), count(date), count(delay), count(distance), count(origin), count(destination),
               min(delay), max(delay), min(distance), max(distance), avg(delay)
        FROM {file}
    """).fetchone()
    total, *present, least_delay, most_delay, least_distance, most_distance, mean = numbers
    origin, member = duckdb.execute(f"""
        SELECT bool_and(regexp_matches(origin, '^[A-Z]{{3}}$')), bool_and(origin IN ({members}))
        FROM (SELECT DISTINCT origin FROM {file})
    """).fetchone()
    (destination,) = duckdb.execute(f"""
        SELECT bool_and(regexp_matches(destination, '^[A-Z]{{3}}$')) FROM (SELECT DISTINCT destination FROM {file})
    """).fetchone()
    return [
        total == rows,
        *(count == total for count in present),
        least_delay >= -1500 and most_delay <= 2000,
        least_distance >= 1 and most_distance <= 5000,
        origin,
        destination,
        0 <= mean <= 20,
        member,
    ]
