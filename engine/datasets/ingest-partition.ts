import { join } from 'node:path';
import { DuckDBTimestampTZValue, DuckDBTimestampValue } from '@duckdb/node-api';
import {
  isMillraceError,
  MillraceError,
  type Column,
  type DatasetVersionRef,
  type IngestStep,
  sourceName,
  type PartitionWindow,
  type SourceDataset,
} from '../../schemas/index.js';
import type { DatasetDependencies } from './dataset-dependencies.js';
import { cutTimes } from './cut-times.js';
import { storeVersion } from './dataset-version.js';
import { identifier, withDuckDb, type DuckDbSession, type Values } from './duckdb-session.js';
import { withEvenLines } from './even-lines.js';
import { writeParquet } from './parquet-result.js';
import { calendarDates } from './partition-windows.js';
import { explainReadFailure, planColumns, refuseNulls, type ColumnPlan } from './source-columns.js';
import { sourceReader } from './source-reader.js';
import { readingOf } from './text-values.js';
import { fetchSource } from './sources/fetch-source.js';
import type { LocalSource } from './sources/local-source.js';
import { partitionSource } from './sources/partition-source.js';
import { levelFiles } from './uneven-files.js';

export interface IngestInput {
  step: IngestStep;
  /** The partition to take; without bounds every row is taken. */
  window: PartitionWindow;
}

/**
 * Copies one partition of a source into a dataset version: the rows whose time column lies in [start, end), in the
 * source’s order, or sorted where it has none. A TIMESTAMP without zone is an instant in UTC; a DATE is compared with the calendar dates that the
 * partition key names. One thread reads, so that the bytes, and with them the version, follow from the rows alone.
 * `cutTimes` names the columns that lost what is finer than microseconds.
 * @throws MillraceError SOURCE_NOT_FOUND, SOURCE_EMPTY, SOURCE_UNREADABLE, SOURCE_SCHEMA_MISMATCH with every column by
 * path, PARTITION_EMPTY unless `allowEmpty`, STORE_UNAVAILABLE,
 * and those of `fetchSource`
 * @throws the signal’s reason, once aborted
 */
export async function ingestPartition(
  deps: DatasetDependencies,
  { step: declared, window }: IngestInput,
): Promise<{ ref: DatasetVersionRef; columns: Column[]; sources: SourceDataset[]; cutTimes: string[] }> {
  const { store, scratchDir, signal, onProgress, memoryLimit = '2GB' } = deps;
  const step = { ...declared, source: partitionSource(declared.source, window.key) };
  const { timeColumn } = step;
  const onPercent = onProgress && ((percent: number) => onProgress(`read ${percent} % of ${sourceName(step.source)}`));
  return withDuckDb({ scratchDir, memoryLimit, threads: 1, signal, onPercent }, async (session) => {
    const fetched = await fetchSource(step.source, {
      ...deps,
      session,
      folder: join(session.folder, 'source'),
      window,
      timeColumn,
      needed: step.columns?.map(({ name }) => name),
    });
    const take = async (given: LocalSource) => {
      const source = await levelFiles(session, step, given);
      const plan = await planColumns(session, step, source);
      return { source, plan, written: await copyRows(session, step, source, plan, window) };
    };
    const { source, plan, written } = await take(fetched).catch(async (error: unknown) => {
      if (!isMillraceError(error) || error.code !== 'SOURCE_UNREADABLE') throw error;
      const even = await withEvenLines(fetched, join(session.folder, 'even'), signal);
      if (even === undefined) throw error;
      return take(even);
    });
    if (written.rows === 0 && !step.allowEmpty) {
      const range = window.start === undefined ? '' : `, from ${window.start} to ${window.end}`;
      throw new MillraceError('PARTITION_EMPTY', `${source.name} has no rows in partition ${window.key}${range}`);
    }
    await refuseNulls(session, source, written.path, plan.columns);
    onProgress?.(`storing ${written.rows} rows`);
    signal?.throwIfAborted();
    // What may be null is declared; the file cannot say.
    const nullable = new Map(plan.columns.map((column) => [column.name, column.nullable]));
    const columns = written.columns.map((column) => ({ ...column, nullable: nullable.get(column.name) ?? true }));
    const ref = await storeVersion(store, { dataset: step.dataset, partition: window.key }, { ...written, columns });
    return { ref, columns, sources: source.datasets, cutTimes: await cutTimes(session, step, source, columns) };
  });
}

async function copyRows(
  session: DuckDbSession,
  step: IngestStep,
  source: LocalSource,
  plan: ColumnPlan,
  window: PartitionWindow,
) {
  const readings = new Map(plan.asTypes?.map((column) => [column.name, readingOf(source.format, column)]));
  const reader = sourceReader(
    source,
    [...readings].map(([name, { type }]) => ({ name, type })),
  );
  const valueOf = (name: string) => readings.get(name)?.value ?? identifier(name);
  const taken = plan.columns.map(({ name }) => `${valueOf(name)} AS ${identifier(name)}`).join(', ');
  const bounds = boundsOf(step, plan, window);
  const filter =
    bounds === undefined || step.timeColumn === undefined
      ? ''
      : ` WHERE ${valueOf(step.timeColumn)} >= ${bounds.first} AND ${valueOf(step.timeColumn)} < ${bounds.after}`;
  try {
    const order = source.ordered ? '' : ' ORDER BY ALL';
    const query = `SELECT ${taken} FROM ${reader.call}${filter}${order}`;
    return await writeParquet(session, query, { ...reader.values, ...bounds?.values }, reader.types);
  } catch (error) {
    return await explainReadFailure(session, source, plan, error);
  }
}

interface Bounds {
  /** Expressions of the first value and of the first after the last. */
  first: string;
  after: string;
  values: Values;
}

function boundsOf(step: IngestStep, { timeType }: ColumnPlan, window: PartitionWindow): Bounds | undefined {
  if (timeType === undefined || window.start === undefined || window.end === undefined) return undefined;
  if (timeType === 'DATE') {
    const dates = calendarDates(window.key);
    if (dates === undefined) {
      const message = `${step.timeColumn} is a DATE, which cannot tell the hours of ${window.key} apart`;
      throw new MillraceError('SOURCE_SCHEMA_MISMATCH', `${sourceName(step.source)}: timeColumn: ${message}`, {
        problems: [{ path: 'timeColumn', message }],
      });
    }
    return { first: '$first::DATE', after: '$after::DATE', values: { ...dates } };
  }
  const value = (instant: string) => {
    const micros = BigInt(Date.parse(instant)) * 1000n;
    return timeType.endsWith('WITH TIME ZONE') ? new DuckDBTimestampTZValue(micros) : new DuckDBTimestampValue(micros);
  };
  return {
    first: '$first',
    after: '$after',
    values: { first: value(window.start), after: value(window.end) },
  };
}
