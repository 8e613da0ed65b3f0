"""Pointblank on Polars."""

import pointblank as pb
import polars as pl

PACKAGE = "pointblank"


def check(path, rows, origins):
    frame = pl.read_parquet(path)
    validation = (
        pb.Validate(data=frame)
        .row_count_match(count=rows)
        .col_vals_not_null(columns=["date", "delay", "distance", "origin", "destination"])
        .col_vals_between(columns="delay", left=-1500, right=2000, na_pass=True)
        .col_vals_between(columns="distance", left=1, right=5000, na_pass=True)
        .col_vals_regex(columns="origin", pattern="^[A-Z]{3}$", na_pass=True)
        .col_vals_regex(columns="destination", pattern="^[A-Z]{3}$", na_pass=True)
        .specially(expr=lambda data: bool(0 <= data["delay"].mean() <= 20))
        .col_vals_in_set(columns="origin", set=origins)
        .interrogate(collect_extracts=False)
    )
    return [step.all_passed for step in validation.validation_info]
