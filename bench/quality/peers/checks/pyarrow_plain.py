"""pyarrow: the table as it is, and compute functions."""

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

PACKAGE = "pyarrow"


def check(path, rows, origins):
    table = pq.read_table(path)
    names = ["date", "delay", "distance", "origin", "destination"]

    def between(name, least, most):
        column = table[name]
        return pc.all(pc.and_(pc.greater_equal(column, least), pc.less_equal(column, most))).as_py()

    def matches(name):
        return pc.all(pc.match_substring_regex(table[name], "^[A-Z]{3}$")).as_py()

    return [
        table.num_rows == rows,
        *(table[name].null_count == 0 for name in names),
        between("delay", -1500, 2000),
        between("distance", 1, 5000),
        matches("origin"),
        matches("destination"),
        0 <= pc.mean(table["delay"]).as_py() <= 20,
        pc.all(pc.is_in(table["origin"].drop_null(), value_set=pa.array(origins))).as_py(),
    ]
