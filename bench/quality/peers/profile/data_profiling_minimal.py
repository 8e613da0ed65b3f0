"""fg-data-profiling, which was ydata-profiling, and pandas-profiling before: all statistics of its minimal mode, no page."""

import pandas as pd
from data_profiling import ProfileReport

PACKAGE = "fg-data-profiling"


def profile(path):
    report = ProfileReport(pd.read_parquet(path), minimal=True, progress_bar=False)
    description = report.get_description()
    delay = description.variables["delay"]
    return [description.table["n"], *(delay[name] for name in ("n_missing", "min", "max", "mean"))]
