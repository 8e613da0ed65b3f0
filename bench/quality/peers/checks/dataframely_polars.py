"""dataframely on Polars. Rows and mean are rules of the whole, which it has no columns for."""

import dataframely as dy
import polars as pl

PACKAGE = "dataframely"


def check(path, rows, origins):
    class Flights(dy.Schema):
        date = dy.Datetime(nullable=False, time_unit="us")
        delay = dy.Int64(nullable=False, min=-1500, max=2000)
        distance = dy.Int64(nullable=False, min=1, max=5000)
        origin = dy.String(nullable=False, regex="^[A-Z]{3}$", check=lambda values: values.is_in(origins))
        destination = dy.String(nullable=False, regex="^[A-Z]{3}$")

        @dy.rule()
        def rows_match(cls):
            return pl.len() == rows

        @dy.rule()
        def mean_of_delay(cls):
            return pl.col("delay").mean().is_between(0, 20)

    frame = pl.read_parquet(path)
    failed = set()
    try:
        Flights.validate(frame)
    except dy.exc.ValidationError:
        failed = set(Flights.filter(frame)[1].counts())
    names = ["date", "delay", "distance", "origin", "destination"]
    rules = ["delay|", "distance|", "origin|regex", "destination|regex", "mean_of_delay", "origin|check"]

    def holds(rule):
        bounds = (f"{rule}min", f"{rule}max") if rule.endswith("|") else (rule,)
        return failed.isdisjoint(bounds)

    return [holds(rule) for rule in ["rows_match", *(f"{name}|nullability" for name in names), *rules]]
