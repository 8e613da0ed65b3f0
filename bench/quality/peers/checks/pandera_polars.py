"""Pandera on Polars."""

import pandera.polars as pa
import polars as pl
from pandera_checks import schema_of, verdicts

PACKAGE = "pandera"


def check(path, rows, origins):
    def mean(data):
        return data.lazyframe.select(pl.col(data.key).mean().is_between(0, 20))

    def length(data):
        return data.lazyframe.select(pl.len() == rows)

    # A lazy frame would have its schema checked alone.
    return verdicts(schema_of(pa, rows, origins, mean, length), pl.read_parquet(path), pa.errors.SchemaErrors)
