import type { LineageRecord, LineageRecordOf, OpenLineageRunEvent } from '../../../schemas/index.js';
import { codeFacet, errorFacet, failure, jobType } from './job-facets.js';
import { EVENT_SCHEMA, facet, NAMESPACE, ownFacet, PRODUCER, uuidOf } from './names.js';
import { stepEvents } from './step-events.js';

type EventType = NonNullable<OpenLineageRunEvent['eventType']>;

/**
 * The records of one run as OpenLineage events: one run with its pipeline as the job, and one below it for each step that
 * began.
 * @param records of one run, in the order in which they were recorded
 */
export function runEvents(records: readonly LineageRecord[]): OpenLineageRunEvent[] {
  return records.flatMap((_, index) => newestEvents(records.slice(0, index + 1)));
}

/**
 * The events that the last of some records stands for. Pure, and all ids follow from the records up to it, so it is the
 * same events whenever they are sent, and whoever sends them again.
 * @param records of one run up to the one that is told, in the order in which they were recorded
 */
export function newestEvents(records: readonly LineageRecord[]): OpenLineageRunEvent[] {
  const start = records.find((record) => record.kind === 'run_started');
  const record = records.at(-1);
  if (start === undefined || record === undefined) return [];
  switch (record.kind) {
    case 'run_started':
      return record === start ? [runEvent(start, 'START', record.at)] : [];
    case 'rollout_finished':
      return [runEvent(start, 'RUNNING', record.at, ownFacet('millrace_rollout', record.result))];
    case 'run_finished': {
      const { verdict, reason, message, at } = record;
      const outcome = ownFacet('millrace_outcome', { verdict, reason, message });
      if (verdict !== 'failed') return [runEvent(start, 'COMPLETE', at, outcome)];
      return [runEvent(start, failure(reason), at, { ...outcome, ...errorFacet(`${reason}: ${message}`) })];
    }
    case 'step_finished':
      return stepEvents(start, record, records.slice(0, -1));
    default:
      return [];
  }
}

function runEvent(
  start: LineageRecordOf<'run_started'>,
  eventType: EventType,
  eventTime: string,
  facets: object = {},
): OpenLineageRunEvent {
  const nominalTime = facet('NominalTimeRunFacet', { nominalStartTime: start.logicalTime });
  return {
    eventType,
    eventTime,
    producer: PRODUCER,
    schemaURL: EVENT_SCHEMA,
    run: { runId: uuidOf(start.runId), facets: { nominalTime, ...facets } },
    job: { namespace: NAMESPACE, name: start.pipeline, facets: { jobType: jobType('PIPELINE'), ...codeFacet(start) } },
  };
}
