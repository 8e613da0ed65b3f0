import {
  isMillraceError,
  MillraceError,
  openLineageDatasetEventSchema,
  openLineageJobEventSchema,
  openLineageRunEventSchema,
  parseWith,
  problemsText,
  type LineageRecordOf,
  type Problem,
} from '../../../schemas/index.js';
import { digestOf } from '../../digest.js';

/** Deepest nesting of an event. */
const MAX_DEPTH = 64;

/**
 * An event of another tool as a record. The same event is recorded once, however often it is sent.
 * @throws INPUT_INVALID with every problem by path
 */
export function openLineageRecord(value: unknown): LineageRecordOf<'openlineage_event'> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) refuse('', 'must be an object');
  if (isDeeper(value, MAX_DEPTH)) refuse('', `must not be nested deeper than ${MAX_DEPTH}`);
  const schema =
    'run' in value
      ? openLineageRunEventSchema
      : 'job' in value
        ? openLineageJobEventSchema
        : openLineageDatasetEventSchema;
  const event = parseWith(schema, value, 'OpenLineage event');
  return {
    kind: 'openlineage_event',
    key: `openlineage/${digestOf(event)}`,
    at: event.eventTime,
    event: JSON.parse(JSON.stringify(event)) as LineageRecordOf<'openlineage_event'>['event'],
  };
}

/** Most events of a batch. */
const MAX_EVENTS = 1000;

/**
 * Several events as records; all are taken, or none.
 * @throws INPUT_INVALID with every problem by path, as in `[3].run.runId`
 */
export function openLineageRecords(value: unknown): LineageRecordOf<'openlineage_event'>[] {
  if (!Array.isArray(value)) refuse('', 'must be an array of events');
  if (value.length === 0 || value.length > MAX_EVENTS) refuse('', `must have 1 to ${MAX_EVENTS} events`);
  const problems: Problem[] = [];
  const records = new Map<string, LineageRecordOf<'openlineage_event'>>();
  for (const [index, event] of value.entries()) {
    try {
      const record = openLineageRecord(event);
      records.set(record.key, record);
    } catch (error) {
      if (!isMillraceError(error)) throw error;
      const at = `[${index}]`;
      problems.push(
        ...error.problems.map((problem) => ({ ...problem, path: problem.path ? `${at}.${problem.path}` : at })),
      );
    }
  }
  if (problems.length === 0) return [...records.values()];
  throw new MillraceError('INPUT_INVALID', `OpenLineage events: ${problemsText(problems)}`, { problems });
}

function refuse(path: string, message: string): never {
  throw new MillraceError('INPUT_INVALID', `OpenLineage event: ${message}`, { problems: [{ path, message }] });
}

/** Without recursion: an event that is nested too deep must not cost the stack. */
function isDeeper(value: object, depth: number): boolean {
  let level: object[] = [value];
  for (let at = 0; level.length > 0; at += 1) {
    if (at === depth) return true;
    level = level.flatMap((item) =>
      Object.values(item).filter((member): member is object => typeof member === 'object' && member !== null),
    );
  }
  return false;
}
