"""DuckDB at its best: values are counted once, and the population stability index is had from the counts alone, of numbers in ten
bins by the reference’s deciles. From 0.1 on a column has drifted."""

import duckdb

PACKAGE = "duckdb"
THRESHOLD = 0.1

COUNTS = """
    CREATE TEMP TABLE counts AS
    SELECT value, coalesce(a.n, 0) AS before, coalesce(b.n, 0) AS now
    FROM (SELECT "{column}" AS value, count(*) AS n FROM read_parquet('{reference}') GROUP BY value) AS a
    FULL JOIN (SELECT "{column}" AS value, count(*) AS n FROM read_parquet('{current}') GROUP BY value) AS b USING (value)
"""
# A decile of a value is that of its last row among the reference's; of values beyond them, the last.
DECILE = "least(floor(10 * (sum(before) OVER (ORDER BY value) - 1) / sum(before) OVER ()), 9)"
# A bin that one of both lacks counts as a ten-thousandth.
PSI = """
    SELECT sum((q - p) * ln(q / p)) FROM (
        SELECT greatest(sum(before) / sum(sum(before)) OVER (), 1e-4) AS p, greatest(sum(now) / sum(sum(now)) OVER (), 1e-4) AS q
        FROM (SELECT before, now, {bin} AS bin FROM counts) GROUP BY bin
    )
"""


def drift(reference, current, columns):
    connection = duckdb.connect()
    kinds = connection.execute(f"SELECT column_name, column_type FROM (DESCRIBE FROM read_parquet('{reference}'))")
    texts = {name for name, kind in kinds.fetchall() if kind == "VARCHAR"}
    drifted = {}
    for column in columns:
        connection.execute(COUNTS.format(column=column, reference=reference, current=current))
        (psi,) = connection.execute(PSI.format(bin="value" if column in texts else DECILE)).fetchone()
        connection.execute("DROP TABLE counts")
        drifted[column] = psi >= THRESHOLD
    return drifted
