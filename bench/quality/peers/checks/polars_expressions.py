"""Polars: one lazy query, so that columns are read once and in parallel."""

import polars as pl

PACKAGE = "polars"


def check(path, rows, origins):
    names = ["date", "delay", "distance", "origin", "destination"]
    verdicts = pl.scan_parquet(path).select(
        (pl.len() == rows).alias("rows"),
        *((pl.col(name).null_count() == 0).alias(f"{name} not null") for name in names),
        pl.col("delay").is_between(-1500, 2000).all().alias("delay"),
        pl.col("distance").is_between(1, 5000).all().alias("distance"),
        pl.col("origin").str.contains("^[A-Z]{3}$").all().alias("origin"),
        pl.col("destination").str.contains("^[A-Z]{3}$").all().alias("destination"),
        pl.col("delay").mean().is_between(0, 20).alias("mean"),
        pl.col("origin").is_in(origins).all().alias("member"),
    )
    return verdicts.collect().row(0)
