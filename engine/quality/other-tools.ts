/** Names that other tools have for checks, as in Great Expectations, Deequ, Soda, dbt, Pointblank, Pandera and Elementary, by the check here. */
const NAMES: Record<string, string> = {
  '{"type": "column_exists", "column": …}': 'expect_column_to_exist col_exists ColumnExists',
  '{"type": "column_type", "column": …, "dataType": …}':
    'expect_column_values_to_be_of_type expect_column_values_to_be_in_type_list hasDataType ColumnDataType dtype',
  '{"type": "schema_match", "columns": […]}':
    'expect_table_columns_to_match_set expect_table_columns_to_match_ordered_list schema col_schema_match SchemaMatch json_schema',
  '{"type": "column_count", "min": …, "max": …}':
    'expect_table_column_count_to_be_between expect_table_column_count_to_equal col_count_match ColumnCount',
  '{"type": "schema_change"}': 'schema_changes schema_changes_from_baseline',
  '{"type": "row_count", "min": …, "max": …}':
    'expect_table_row_count_to_be_between expect_table_row_count_to_equal hasSize rows size RowCount',
  '{"type": "row_count_match", "reference": …}':
    'expect_table_row_count_to_equal_other_table row_count_matches RowCountMatch',
  '{"type": "freshness", "column": …, "maxAgeSeconds": …}':
    'data_freshness freshness_anomalies event_freshness_anomalies DataFreshness recency',
  '{"type": "volume_anomaly"}': 'volume_anomalies anomaly_detection',
  '{"type": "metric_anomaly", "column": …, "metric": …}': 'column_anomalies all_columns_anomalies',
  '{"type": "not_null", "column": …}':
    'expect_column_values_to_not_be_null isComplete hasCompleteness completeness col_vals_not_null no_missing_values required',
  '{"type": "missing_count", "column": …, "max": …}': 'missing null_count MissingValueCount',
  '{"type": "missing_percent", "column": …, "max": …}': 'missing_pct null_percentage col_pct_null',
  '{"type": "expression", "expression": "COLUMN is null"}':
    'expect_column_values_to_be_null col_vals_null col_vals_expr satisfies failed_rows expression_is_true dbt_utils.expression_is_true',
  '{"type": "rows_complete", "columns": […]}': 'areComplete',
  '{"type": "unique", "column": …}':
    'expect_column_values_to_be_unique isUnique duplicate duplicate_count column_is_probably_unique',
  '{"type": "primary_key", "columns": […]}': 'isPrimaryKey',
  '{"type": "unique", "columns": […]}': 'expect_compound_columns_to_be_unique unique_combination_of_columns',
  '{"type": "distinct_count", "column": …, "min": …, "max": …}':
    'expect_column_unique_value_count_to_be_between hasNumberOfDistinctValues hasApproxCountDistinct distinct cardinality nunique',
  '{"type": "unique_ratio", "column": …, "min": …}':
    'expect_column_proportion_of_unique_values_to_be_between hasUniqueness hasDistinctness hasUniqueValueRatio',
  '{"type": "duplicate_rows"}': 'rows_distinct DuplicateRowCount DuplicatedRowCount',
  '{"type": "in_set", "column": …, "set": […]}':
    'expect_column_values_to_be_in_set expect_column_distinct_values_to_be_in_set isContainedIn accepted_values col_vals_in_set isin valid_values invalid enum allowed_values',
  '{"type": "not_in_set", "column": …, "set": […]}':
    'expect_column_values_to_not_be_in_set col_vals_not_in_set notin invalid_values',
  '{"type": "between", "column": …, "min": …, "max": …}':
    'expect_column_values_to_be_between col_vals_between in_range is_in_range range isNonNegative hasRange accepted_range valid_min valid_max',
  '{"type": "comparison", "column": …, "operator": "gt", "value": …}':
    'col_vals_gt col_vals_ge col_vals_lt col_vals_le col_vals_eq col_vals_ne isPositive gt ge lt le eq ne greater_than less_than equal_to',
  '{"type": "regex", "column": …, "pattern": …}':
    'expect_column_values_to_match_regex hasPattern col_vals_regex str_matches matches pattern valid_regex',
  '{"type": "not_regex", "column": …, "pattern": …}': 'expect_column_values_to_not_match_regex',
  '{"type": "length_between", "column": …, "min": …, "max": …}':
    'expect_column_value_lengths_to_be_between expect_column_value_lengths_to_equal hasMinLength hasMaxLength col_vals_str_len str_length length',
  '{"type": "format", "column": …, "format": …}':
    'expect_column_values_to_be_json_parseable expect_column_values_to_match_strftime_format expect_column_values_to_be_dateutil_parseable valid_format col_vals_within_spec email uuid',
  '{"type": "increasing", "column": …}': 'expect_column_values_to_be_increasing col_vals_increasing monotonic',
  '{"type": "decreasing", "column": …}': 'expect_column_values_to_be_decreasing col_vals_decreasing',
  '{"type": "column_pair", "columns": […], "operator": "gt"}':
    'expect_column_pair_values_a_to_be_greater_than_b expect_column_pair_values_to_be_equal isLessThan isGreaterThan',
  '{"type": "relationships", "column": …, "reference": …}':
    'valid_reference_data reference foreign_key col_vals_in_table',
  '{"type": "key_overlap", "columns": […], "reference": …}':
    'train_test_overlap train_test_samples_mix index_leakage overlap anti_relationships',
  '{"type": "reconciliation", "reference": …}': 'tbl_match DatasetMatch ReferentialIntegrity equality',
  '{"type": "aggregate", "metric": "mean", "column": …, "min": …, "max": …}':
    'expect_column_mean_to_be_between hasMean mean avg average',
  '{"type": "aggregate", "metric": "median", "column": …}': 'expect_column_median_to_be_between median',
  '{"type": "aggregate", "metric": "sum", "column": …}': 'expect_column_sum_to_be_between hasSum sum',
  '{"type": "aggregate", "metric": "stddev", "column": …}':
    'expect_column_stdev_to_be_between hasStandardDeviation stddev std',
  '{"type": "aggregate", "metric": "min", "column": …}': 'expect_column_min_to_be_between hasMin min',
  '{"type": "aggregate", "metric": "max", "column": …}': 'expect_column_max_to_be_between hasMax max',
  '{"type": "aggregate", "metric": "quantile", "quantile": 0.9, "column": …}':
    'expect_column_quantile_values_to_be_between hasApproxQuantile hasExactQuantile quantile percentile',
  '{"type": "most_common_value_share", "column": …}': 'expect_column_most_common_value_to_be_in_set',
  '{"type": "entropy", "column": …}': 'hasEntropy',
  '{"type": "correlation", "columns": […]}': 'hasCorrelation ColumnCorrelation',
  '{"type": "outlier_rate", "column": …}': 'expect_column_value_z_scores_to_be_less_than outliers',
  '{"type": "drift", "column": …, "reference": …}':
    'expect_column_kl_divergence_to_be_less_than ValueDrift distribution ColumnDrift drift_comparator',
  '{"type": "dataset_drift", "reference": …}': 'DriftedColumnsCount DataDriftPreset',
  '{"type": "train_serve_skew", "reference": …}': 'skew_comparator',
  '{"type": "group_evolution", "column": …, "set": […]}':
    'expect_column_distinct_values_to_equal_set expect_column_distinct_values_to_contain_set group_evolution_changes',
  '{"type": "target_leakage", "label": …}': 'hasMutualInformation',
  '{"type": "pii_detect"}': 'containsEmail containsCreditCardNumber containsSocialSecurityNumber containsURL',
  '{"type": "custom_sql", "sql": …}': 'unexpected_rows_expectation user_defined_sql custom CustomSql query sql',
};

/** Fields of checks under the names that other tools have for them. */
const FIELDS: Record<string, readonly string[]> = {
  min: ['min_value', 'minimum', 'lower', 'low', 'ge', 'left', 'valid_min', 'must_be_greater_than_or_equal', 'minValue'],
  max: ['max_value', 'maximum', 'upper', 'high', 'le', 'right', 'valid_max', 'must_be_less_than_or_equal', 'maxValue'],
  set: ['value_set', 'values', 'allowed_values', 'valid_values', 'valueSet', 'missing_values', 'categories'],
  pattern: ['regex', 'valid_regex'],
  where: ['row_condition', 'filter', 'condition', 'rowCondition'],
  dataType: ['type_', 'data_type', 'dtype', 'type_list'],
  columns: ['column_list', 'column_set', 'combination_of_columns'],
  column: ['column_name', 'field', 'columnName'],
  value: ['threshold', 'other'],
  expression: ['predicate', 'condition'],
  severity: ['level'],
  description: ['notes', 'comment'],
  reference: ['to', 'other_table', 'reference_dataset'],
  referenceColumns: ['reference_column', 'reference_columns'],
  sql: ['query', 'unexpected_rows_query'],
  strict: ['strictly'],
  metric: ['method', 'stattest', 'function', 'statistic', 'aggregate'],
  method: ['metric'],
};

let checksByName: Map<string, string> | undefined;

/** How a check that another tool knows under a name is written here, as an example; undefined for names of none. */
export function checkOfOtherTool(name: string): string | undefined {
  checksByName ??= new Map(
    Object.entries(NAMES).flatMap(([check, names]) => names.split(' ').map((known) => [plain(known), check] as const)),
  );
  return checksByName.get(plain(name));
}

/** What a field that another tool has is called here, if the check has such a field. */
export function fieldOfOtherTool(name: string, known: ReadonlySet<string>): string | undefined {
  return Object.keys(FIELDS).find((field) => known.has(field) && FIELDS[field]!.includes(name));
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '');
}
