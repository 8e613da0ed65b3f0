import { z } from 'zod';
import {
  markedName,
  sourceName,
  sourceSchema,
  type DatasetVersionRef,
  type LineageRecord,
  type LineageRecordOf,
} from '../../schemas/index.js';
import { actionsOf } from './audit/actions.js';
import { cacheKeyBits, sealKey, slotKey, writerKey } from './hash-keys.js';
import { nodeId } from './node-ids.js';
import type { Answer } from './ledger.js';
import { eventColumns, type EventColumn } from './openlineage/event-columns.js';
import { eventEdges, sourceNode } from './openlineage/event-edges.js';
import { stepSpecifications } from './step-specifications.js';

/** A value of a column: texts for VARCHAR, JSON and (as ISO 8601) TIMESTAMP columns. */
export type Cell = string | number | boolean | null;

/** A row of a table; columns that are left out are null. */
export interface Row {
  table: string;
  cells: Record<string, Cell>;
}

/**
 * What a record means for the tables: a pure function, so that every table can be made again from the events.
 * @param answer what was allocated to the record
 */
export function project(record: LineageRecord, answer: Answer): Row[] {
  const actions = actionsOf(record, answer).map(({ runId, ...action }) =>
    row('actions', { ...action, run_id: runId, done_at: record.at }),
  );
  return [...factRows(record, answer), ...actions];
}

function factRows(record: LineageRecord, answer: Answer): Row[] {
  switch (record.kind) {
    case 'run_started':
      return [
        row('run_starts', {
          run_id: record.runId,
          workflow_id: record.workflowId,
          pipeline: record.pipeline,
          partition: record.partition,
          logical_time: record.logicalTime,
          started_at: record.at,
          specification_digest: record.specificationDigest,
          requested_by: record.requestedBy,
          forced: record.force !== null,
        }),
        ...sourceEdges(record),
        // The auditor does not know what a run was to do: nothing must look changed since.
        ...(record.writtenBy === undefined ? specificationRows(record) : []),
      ];
    case 'pipeline_declared': {
      const { pipeline, specificationDigest } = record;
      return [row('specifications', { pipeline, digest: specificationDigest, declared: true })];
    }
    case 'run_finished': {
      const { runId, verdict, reason, message, at } = record;
      return [row('run_ends', { run_id: runId, verdict, reason, message, finished_at: at })];
    }
    case 'step_finished': {
      const { step, type, status, startedAt, summary, code, at } = record;
      return [
        row('steps', {
          run_id: record.runId,
          step,
          type,
          status,
          started_at: startedAt,
          finished_at: at,
          summary,
          code,
        }),
        ...record.inputs.flatMap((ref) => inputRows(record, ref)),
        ...record.inputModels.map((ref) => edge(nodeId.model(ref), stepOf(record))),
        ...cachedRows(record),
      ];
    }
    case 'dataset_version': {
      const { ref } = record;
      return [
        row('dataset_versions', {
          dataset: ref.dataset,
          partition: ref.partition,
          version: ref.version,
          uri: ref.uri,
          rows: ref.rows,
          bytes: ref.bytes,
          schema_fingerprint: ref.schemaFingerprint,
          columns: JSON.stringify(record.columns),
          ...writer(record),
          written_at: record.at,
        }),
        row('write_keys', { ...keysOf(ref), writer: writerKey(record) }),
        edge(stepOf(record), nodeId.dataset(ref)),
        ...(record.sources ?? []).map((source) => edge(sourceNode(source), stepOf(record))),
        ...columnRows(record),
      ];
    }
    case 'dataset_published': {
      const { dataset, partition, version, at } = record;
      return [
        row('publications', { dataset, partition, version, ...writer(record), published_at: at }),
        row('publication_keys', keysOf(record)),
      ];
    }
    case 'quality_result':
      return qualityRows(record);
    case 'model_trained':
      return [
        row('trainings', {
          model: record.ref.model,
          digest: record.ref.digest,
          ...writer(record),
          seed: record.seed,
          params: JSON.stringify(record.params),
          metrics: JSON.stringify(record.metrics),
          trained_on: JSON.stringify(record.trainedOn),
          manifest: JSON.stringify(record.manifest),
          trained_at: record.at,
        }),
        ...record.trainedOn.map((ref) => edge(nodeId.dataset(ref), stepOf(record))),
        edge(stepOf(record), nodeId.model(record.ref)),
      ];
    case 'model_evaluated': {
      const { ref, report, forced, at } = record;
      return [
        row('evaluations', {
          model: ref.model,
          digest: ref.digest,
          ...writer(record),
          verdict: report.verdict,
          reason: report.reason,
          forced,
          report: JSON.stringify(report),
          evaluated_at: at,
        }),
        ...record.evaluatedOn.map((input) => edge(nodeId.dataset(input), stepOf(record))),
        edge(nodeId.model(ref), stepOf(record)),
      ];
    }
    case 'model_registered': {
      const { model, digest, uri, bytes } = record.ref;
      const version = answer.modelVersion ?? null;
      return [
        row('registrations', { model, version, digest, uri, bytes, ...writer(record), registered_at: record.at }),
      ];
    }
    case 'alias_moved': {
      const { model, alias, version, actor, reason, runId, at } = record;
      const moved = { from_version: answer.aliasFrom ?? null, to_version: version };
      return [row('alias_moves', { model, alias, ...moved, actor, reason, run_id: runId, moved_at: at })];
    }
    case 'endpoint_changed':
      return [
        row('endpoint_changes', {
          endpoint: record.endpoint,
          generation: answer.generation ?? null,
          stable: record.stable && JSON.stringify(record.stable),
          canary: record.canary && JSON.stringify(record.canary),
          canary_weight: record.canaryWeight,
          actor: record.actor,
          reason: record.reason,
          run_id: record.runId,
          changed_at: record.at,
        }),
      ];
    case 'mark_set':
    case 'mark_lifted': {
      const { mark, on, actor, reason, at } = record;
      const parts = on.kind === 'dataset' ? { name: on.dataset, ...on } : { name: on.model, version: on.digest };
      const { name, version, partition = null } = { partition: null, ...parts };
      const until = record.kind === 'mark_set' ? record.until : null;
      const about = { mark, kind: on.kind, name, partition, version, on_name: markedName(on) };
      return [row('marks', { ...about, actor, reason, until, in_force: record.kind === 'mark_set', marked_at: at })];
    }
    case 'version_removed': {
      const { dataset, partition, version, uri } = record.ref;
      return [row('removals', { dataset, partition, version, uri, removed_at: record.at })];
    }
    case 'action_taken':
      return [];
    case 'partitions_changed': {
      const { set, actor, at } = record;
      const keyRow = (present: boolean) => (key: string, position: number) =>
        row('partition_keys', { set_name: set, key, position, present, actor, changed_at: at });
      return [...(answer.removed ?? []).map(keyRow(false)), ...(answer.added ?? []).map(keyRow(true))];
    }
    case 'openlineage_event':
      return [...eventEdges(record).map(({ from, to }) => edge(from, to)), ...eventColumns(record).map(eventColumnRow)];
    case 'trigger_event': {
      const { pipeline, id, trigger, source, subject, receivedAt, outcome, runs, reason } = record.event;
      return [
        row('trigger_events', {
          ...{ pipeline, event_id: id, trigger, source, subject, outcome, reason },
          runs: JSON.stringify(runs),
          received_at: receivedAt,
          ended_at: record.at,
        }),
      ];
    }
    case 'alert_raised':
      return [];
    case 'alert_delivered': {
      const { delivery, at } = record;
      const { channel, outcome, alert } = delivery;
      const { pipeline, event } = alert;
      return [
        row('alert_deliveries', {
          channel,
          outcome,
          pipeline,
          event,
          delivery: JSON.stringify(delivery),
          ended_at: at,
        }),
      ];
    }
    case 'rollout_finished': {
      const { runId, result, at } = record;
      const { endpoint, outcome, reason } = result;
      return [
        row('rollouts', { endpoint, outcome, reason, run_id: runId, result: JSON.stringify(result), finished_at: at }),
      ];
    }
  }
}

/** As much of a frozen specification as is needed here; specifications of another make are kept as they are, without sources. */
const specificationSchema = z.object({ steps: z.record(z.string(), z.unknown()) });
const ingestSchema = z.object({ type: z.literal('ingest'), source: sourceSchema });

/** Sources that the ingest steps of a run read from. */
function sourceEdges(record: LineageRecordOf<'run_started'>): Row[] {
  const specification = specificationSchema.safeParse(record.specification);
  return Object.entries(specification.data?.steps ?? {}).flatMap(([name, step]) => {
    const ingest = ingestSchema.safeParse(step);
    return ingest.success ? [edge(nodeId.source(sourceName(ingest.data.source)), nodeId.step(record.runId, name))] : [];
  });
}

/** What the steps of a run were to do, to be compared with what they would do now. */
function specificationRows(record: LineageRecordOf<'run_started'>): Row[] {
  const { pipeline, specification, specificationDigest, runId } = record;
  const steps = stepSpecifications(specification).filter(({ dataset }) => dataset !== null);
  return [
    row('specifications', { pipeline, digest: specificationDigest, declared: false }),
    ...steps.map(({ step, digest, codeDigest }) =>
      row('step_specifications', {
        writer: writerKey({ runId, step }),
        pipeline,
        step,
        digest,
        code_digest: codeDigest,
      }),
    ),
  ];
}

/** A step that was computed with a key is what others with the same key reuse. */
function cachedRows({ runId, step, status, cache, reusedFrom }: LineageRecordOf<'step_finished'>): Row[] {
  if (status !== 'succeeded' || reusedFrom !== undefined || cache?.key === undefined) return [];
  return [row('cached_steps', { key: cacheKeyBits(cache.key), run_id: runId, step })];
}

function inputRows(record: LineageRecordOf<'step_finished'>, ref: DatasetVersionRef): Row[] {
  const { dataset, partition, version } = ref;
  return [
    edge(nodeId.dataset(ref), stepOf(record)),
    row('step_inputs', { writer: writerKey(record), ...keysOf(ref), dataset, partition, version }),
  ];
}

/** What each column was made from, and, without a column, what decided on the rows. */
function columnRows({ ref, columnLineage }: LineageRecordOf<'dataset_version'>): Row[] {
  const { dataset, partition, version } = ref;
  const { columns = {}, rows = [] } = columnLineage ?? {};
  const source = (column: string | null, from: { dataset: string; column: string; how: string }) =>
    row('column_sources', {
      ...{ dataset, partition, version, column_name: column },
      ...{ from_dataset: from.dataset, from_column: from.column, how: from.how },
    });
  return [
    ...Object.entries(columns).flatMap(([column, sources]) => sources.map((from) => source(column, from))),
    ...rows.map((from) => source(null, from)),
  ];
}

/** No version of ours has an empty name. */
function eventColumnRow({ dataset, column, fromDataset, fromColumn, how }: EventColumn): Row {
  const of = { dataset, partition: '', version: '', column_name: column };
  return row('column_sources', { ...of, from_dataset: fromDataset, from_column: fromColumn, how });
}

function keysOf(ref: { dataset: string; partition: string; version: string }): Record<string, Cell> {
  return { slot: slotKey(ref), seal: sealKey(ref) };
}

function qualityRows(record: LineageRecordOf<'quality_result'>): Row[] {
  const { dataset, partition, version, report } = record;
  return [
    row('quality_results', {
      dataset,
      partition,
      version,
      ...writer(record),
      verdict: report.verdict,
      rows: report.rows,
      duration_ms: report.durationMs,
      checked_at: record.at,
    }),
    ...report.checks.map((check, position) =>
      row('quality_checks', {
        position,
        name: check.name,
        type: check.type,
        column_name: check.column,
        severity: check.severity,
        status: check.status,
        observed: JSON.stringify(check.observed),
        failing: check.failing,
        total: check.total,
        threshold: check.threshold,
        message: check.message ?? null,
      }),
    ),
    edge(nodeId.dataset(record), stepOf(record)),
  ];
}

function row(table: string, cells: Record<string, Cell>): Row {
  return { table, cells };
}

function edge(from: string, to: string): Row {
  return row('edges', { from_node: from, to_node: to });
}

function stepOf(record: { runId: string; step: string }): string {
  return nodeId.step(record.runId, record.step);
}

function writer(record: { runId: string; step: string }): Record<string, Cell> {
  return { run_id: record.runId, step: record.step };
}
