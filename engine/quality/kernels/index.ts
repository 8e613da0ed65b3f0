import type { Check } from '../../../schemas/check.js';
import { aggregate } from './aggregate.js';
import { between } from './between.js';
import { columnPair } from './column-pair.js';
import { comparison } from './comparison.js';
import { correlation } from './correlation.js';
import { customSql } from './custom-sql.js';
import { datasetDrift, drift, trainServeSkew } from './drift-checks.js';
import { expression } from './expression.js';
import { finite } from './finite.js';
import { format } from './format.js';
import { freshness } from './freshness.js';
import { metricAnomaly, rowCountChange, volumeAnomaly } from './history-checks.js';
import { inSet, notInSet } from './in-set.js';
import type { CheckDefinition, CheckOf } from './kernel.js';
import { keyOverlap, relationships } from './keys-of-reference.js';
import { lengthBetween } from './length-between.js';
import { missingCount, missingPercent } from './missing.js';
import { decreasing, increasing } from './monotonic.js';
import { notNull, rowsComplete } from './not-null.js';
import { outlierRate } from './outlier-rate.js';
import { partitionCompleteness } from './partition-completeness.js';
import { piiDetect } from './pii-detect.js';
import { reconciliation, rowCountMatch } from './reference-checks.js';
import { notRegex, regex } from './regex.js';
import { rowCount } from './row-count.js';
import { columnCount, columnExists, columnType, nullabilityMatch, schemaChange, schemaMatch } from './schema-checks.js';
import { targetLeakage } from './target-leakage.js';
import { duplicateRows, primaryKey, unique } from './unique.js';
import {
  distinctCount,
  entropy,
  groupEvolution,
  labelBalance,
  mostCommonValueShare,
  uniqueRatio,
} from './value-share-checks.js';

/** Every type of check; a new one is a file beside this and a line here. */
const DEFINITIONS: { [T in Check['type']]: CheckDefinition<CheckOf<T>> } = {
  column_exists: columnExists,
  column_type: columnType,
  schema_match: schemaMatch,
  column_count: columnCount,
  schema_change: schemaChange,
  nullability_match: nullabilityMatch,
  row_count: rowCount,
  row_count_match: rowCountMatch,
  row_count_change: rowCountChange,
  freshness,
  partition_completeness: partitionCompleteness,
  volume_anomaly: volumeAnomaly,
  not_null: notNull,
  missing_count: missingCount,
  missing_percent: missingPercent,
  rows_complete: rowsComplete,
  unique,
  primary_key: primaryKey,
  distinct_count: distinctCount,
  unique_ratio: uniqueRatio,
  duplicate_rows: duplicateRows,
  in_set: inSet,
  not_in_set: notInSet,
  between,
  comparison,
  regex,
  not_regex: notRegex,
  length_between: lengthBetween,
  format,
  finite,
  increasing,
  decreasing,
  column_pair: columnPair,
  expression,
  relationships,
  key_overlap: keyOverlap,
  reconciliation,
  aggregate,
  most_common_value_share: mostCommonValueShare,
  entropy,
  correlation,
  outlier_rate: outlierRate,
  drift,
  dataset_drift: datasetDrift,
  train_serve_skew: trainServeSkew,
  label_balance: labelBalance,
  group_evolution: groupEvolution,
  target_leakage: targetLeakage,
  pii_detect: piiDetect,
  metric_anomaly: metricAnomaly,
  custom_sql: customSql,
};

/** The definition for a check. */
export function definitionOf(check: Check): CheckDefinition<Check> {
  // The table’s type ties each definition to its check; TypeScript cannot follow that through the lookup.
  return DEFINITIONS[check.type];
}

/** The row filter of a check. */
export function whereOf(check: Check): string | undefined {
  return 'where' in check ? check.where : undefined;
}
