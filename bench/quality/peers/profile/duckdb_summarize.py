"""DuckDB’s own profile. It tells nulls in percent, and the mean as text."""

import duckdb

PACKAGE = "duckdb"


def profile(path):
    columns = duckdb.execute(f"SUMMARIZE FROM read_parquet('{path}')")
    names = [each[0] for each in columns.description]
    summaries = [dict(zip(names, row)) for row in columns.fetchall()]
    delay = next(each for each in summaries if each["column_name"] == "delay")
    rows = delay["count"]
    nulls = round(rows * float(delay["null_percentage"]) / 100)
    return rows, nulls, int(delay["min"]), int(delay["max"]), float(delay["avg"])
