"""scipy’s tests on columns that pyarrow reads: Kolmogorov-Smirnov for numbers, chi-squared for texts, p below 0.05."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from scipy.stats import chi2_contingency, ks_2samp

PACKAGE = "scipy"
ALPHA = 0.05


def drift(reference, current, columns):
    texts = [column for column, kind in zip(*names_and_types(reference)) if pa.types.is_string(kind)]
    before, now = (
        pq.read_table(path, columns=columns, read_dictionary=[each for each in texts if each in columns])
        for path in (reference, current)
    )
    test = {column: of_texts if column in texts else of_numbers for column in columns}
    return {column: test[column](before[column], now[column]) < ALPHA for column in columns}


def of_numbers(before, now):
    return ks_2samp(before.to_numpy(), now.to_numpy()).pvalue


def of_texts(before, now):
    counts = [{each["values"]: each["counts"] for each in column.value_counts().to_pylist()} for column in (before, now)]
    categories = sorted(set().union(*counts))
    return chi2_contingency(np.array([[each.get(name, 0) for name in categories] for each in counts])).pvalue


def names_and_types(path):
    schema = pq.read_schema(path)
    return schema.names, schema.types
