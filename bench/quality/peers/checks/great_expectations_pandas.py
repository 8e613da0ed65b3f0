"""Great Expectations on pandas, with results of the briefest form, which is the quickest."""

import logging
import os

os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")

import great_expectations as gx  # noqa: E402
import great_expectations.expectations as gxe  # noqa: E402
import pandas as pd  # noqa: E402

PACKAGE = "great-expectations"
logging.getLogger("great_expectations").setLevel(logging.ERROR)


def check(path, rows, origins):
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    asset = context.data_sources.add_pandas("flights").add_dataframe_asset("flights")
    batch = asset.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": pd.read_parquet(path)})
    names = ["date", "delay", "distance", "origin", "destination"]
    expectations = [
        gxe.ExpectTableRowCountToEqual(value=rows),
        *(gxe.ExpectColumnValuesToNotBeNull(column=name) for name in names),
        gxe.ExpectColumnValuesToBeBetween(column="delay", min_value=-1500, max_value=2000),
        gxe.ExpectColumnValuesToBeBetween(column="distance", min_value=1, max_value=5000),
        gxe.ExpectColumnValuesToMatchRegex(column="origin", regex="^[A-Z]{3}$"),
        gxe.ExpectColumnValuesToMatchRegex(column="destination", regex="^[A-Z]{3}$"),
        gxe.ExpectColumnMeanToBeBetween(column="delay", min_value=0, max_value=20),
        gxe.ExpectColumnValuesToBeInSet(column="origin", value_set=origins),
    ]
    for number, expectation in enumerate(expectations):
        expectation.meta = {"number": number}
    suite = gx.ExpectationSuite(name="flights", expectations=expectations)
    outcome = batch.validate(suite, result_format="BOOLEAN_ONLY")
    passed = {result.expectation_config.meta["number"]: result.success for result in outcome.results}
    return [passed[number] for number in range(len(expectations))]
