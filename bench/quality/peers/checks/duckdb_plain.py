"""DuckDB, as one would write it: one query, each check an aggregate of it."""

import duckdb

PACKAGE = "duckdb"


def check(path, rows, origins):
    members = ", ".join(f"'{origin}'" for origin in origins)
    return duckdb.execute(f"""
        SELECT count(*) = {rows},
               count(date) = count(*),
               count(delay) = count(*),
               count(distance) = count(*),
               count(origin) = count(*),
               count(destination) = count(*),
               bool_and(delay BETWEEN -1500 AND 2000),
               bool_and(distance BETWEEN 1 AND 5000),
               bool_and(regexp_matches(origin, '^[A-Z]{{3}}$')),
               bool_and(regexp_matches(destination, '^[A-Z]{{3}}$')),
               avg(delay) BETWEEN 0 AND 20,
               bool_and(origin IN ({members}))
        FROM read_parquet('{path}')
    """).fetchone()
