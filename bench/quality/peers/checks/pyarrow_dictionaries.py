"""pyarrow at its best: texts stay dictionaries, of which each value is judged once, and numbers give their extremes."""

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

PACKAGE = "pyarrow"


def check(path, rows, origins):
    table = pq.read_table(path, read_dictionary=["origin", "destination"])
    names = ["date", "delay", "distance", "origin", "destination"]

    def between(name, least, most):
        extremes = pc.min_max(table[name])
        return extremes["min"].as_py() >= least and extremes["max"].as_py() <= most

    def values(name):
        return [chunk.dictionary for chunk in table[name].chunks]

    def matches(name):
        return all(pc.all(pc.match_substring_regex(each, "^[A-Z]{3}$")).as_py() for each in values(name))

    members = pa.array(origins)
    return [
        table.num_rows == rows,
        *(table[name].null_count == 0 for name in names),
        between("delay", -1500, 2000),
        between("distance", 1, 5000),
        matches("origin"),
        matches("destination"),
        0 <= pc.mean(table["delay"]).as_py() <= 20,
        all(pc.all(pc.is_in(each, value_set=members)).as_py() for each in values("origin")),
    ]
