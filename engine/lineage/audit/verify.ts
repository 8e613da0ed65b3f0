import type { AuditVerification } from '../../../schemas/index.js';
import type { OnEvents } from '../long-work.js';
import type { LineageStore } from '../lineage-store.js';
import { chainedEvents, GENESIS, isAsWritten, linkHash, parsedEvent, type ChainedEvent } from './chain.js';
import type { Checkpoints } from './checkpoints.js';
import { projectionProblems } from './projections.js';

/** Problems that are told; the rest is counted. */
const TOLD = 100;

/**
 * Goes through all events and says where any was changed, removed, put in, or left out, whether what the signed
 * checkpoints say still holds, and whether the tables that answers are read from are what the events say. After a break the chain is followed from what is on record, so that each place is told once.
 */
export async function verifyAudit(
  { read, withConnection }: Pick<LineageStore, 'read' | 'withConnection'>,
  checkpoints: Checkpoints,
  onEvents: OnEvents = () => undefined,
): Promise<AuditVerification> {
  const problems: AuditVerification['problems'] = [];
  const told = new Set<number>();
  const gone: [from: number, to: number][] = [];
  const isTold = (sequence: number) =>
    told.has(sequence) || gone.some(([from, to]) => from <= sequence && sequence <= to);
  let found = 0;
  const tell = (
    sequence: number | null,
    problem: AuditVerification['problems'][number]['problem'],
    message: string,
  ) => {
    found += 1;
    if (sequence !== null) told.add(sequence);
    if (problems.length < TOLD) problems.push({ sequence, problem, message });
  };

  /** One by one as long as they are told; a number out of all proportion must not keep the owner busy for days. */
  const gaps = (from: number, to: number) => {
    const shown = Math.min(to, from + TOLD - 1);
    for (let missing = from; missing <= shown; missing += 1) {
      tell(missing, 'removed', `event ${missing} and its link are gone`);
    }
    found += to - shown;
    gone.push([from, to]);
  };

  const signed = await checkpoints.all();
  for (const message of signed.problems) tell(null, 'checkpoint', message);
  const awaiting = [...signed.checkpoints];

  let previous = GENESIS;
  let last = 0;
  let events = 0;
  let rows = 0;
  for await (const page of chainedEvents(read)) {
    for (const { present, hash, ...event } of page) {
      rows += 1;
      const { sequence } = event;
      if (sequence === last) tell(sequence, 'inserted', `there are two events or links with the number ${sequence}`);
      if (sequence - last > 1) gaps(last + 1, sequence - 1);
      last = sequence;
      if (!present) tell(sequence, 'removed', `event ${sequence} is gone, its link is there`);
      else if (hash === null) tell(sequence, 'inserted', `event ${sequence} (${event.key}) has no link`);
      else if (linkHash(previous, parsedEvent(event as ChainedEvent)) !== hash) {
        tell(sequence, 'changed', `event ${sequence} (${event.key}), or its link, is not what was recorded`);
      } else if (!isAsWritten(event as ChainedEvent)) {
        tell(sequence, 'changed', `event ${sequence} (${event.key}) is not stored as it was recorded`);
      }
      if (present) events += 1;
      previous = hash ?? previous;
      while (awaiting[0] !== undefined && awaiting[0].sequence <= sequence) {
        const checkpoint = awaiting.shift();
        if (checkpoint?.sequence === sequence && checkpoint.hash !== hash) {
          tell(
            sequence,
            'changed',
            `the chain up to event ${sequence} is not what checkpoint ${checkpoint.number} signed`,
          );
        }
      }
    }
    onEvents(events);
  }
  for (const { number, sequence } of awaiting) {
    tell(last + 1, 'removed', `checkpoint ${number} signed ${sequence} events, the database ends at ${last}`);
  }
  const [all] = await read<{ rows: number }>(
    'SELECT count(*) AS rows FROM events FULL JOIN audit_chain USING (sequence) WHERE sequence <= $1',
    [last],
  );
  // Of two with one number the second may lie behind the end of a page.
  if (all !== undefined && all.rows !== rows) {
    tell(null, 'inserted', `${all.rows - rows} more events or links have a number that another has`);
  }
  const projections = await withConnection((connection) =>
    projectionProblems(
      connection,
      (sequence) => isTold(sequence) || (awaiting.length > 0 && sequence > last),
      onEvents,
    ),
  );
  for (const { sequence, message } of projections) tell(sequence, 'projection', message);
  return {
    ok: found === 0,
    events,
    checkpoints: signed.checkpoints.length,
    stored: signed.stored,
    signedUpTo: signed.checkpoints.at(-1)?.sequence ?? 0,
    fingerprint: checkpoints.fingerprint,
    keys: signed.keys,
    head: previous,
    problemCount: found,
    problems,
  };
}
