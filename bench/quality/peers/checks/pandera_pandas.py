"""Pandera on pandas."""

import pandas as pd
import pandera.pandas as pa
from pandera_checks import schema_of, verdicts

PACKAGE = "pandera"


def check(path, rows, origins):
    schema = schema_of(pa, rows, origins, lambda delays: 0 <= delays.mean() <= 20, lambda frame: len(frame) == rows)
    return verdicts(schema, pd.read_parquet(path), pa.errors.SchemaErrors)
