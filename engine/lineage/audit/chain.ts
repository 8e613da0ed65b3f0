import type { DuckDBConnection } from '@duckdb/node-api';
import type { LineageRecord } from '../../../schemas/index.js';
import { canonicalJson, sha256 } from '../../digest.js';
import { contentDigest } from '../ledger.js';
import { connectionReader, type Reader } from '../reader.js';
import { TableWriter } from '../table-writer.js';

/** What the first link is chained to. */
export const GENESIS = '0'.repeat(64);

/** An event as the chain covers it. */
export interface ChainedEvent {
  sequence: number;
  key: string;
  kind: string;
  /** What tells whether a record is the same as another; follows from the payload. */
  digest: string;
  /** JSON text, as stored. */
  payload: string;
  /** JSON text, as stored. */
  answer: string;
  /** ISO 8601, UTC, milliseconds. */
  recordedAt: string;
}

/** Hash of a link: SHA-256 over the canonical JSON of the event and of the hash before it. */
export function linkHash(
  previous: string,
  { sequence, key, kind, payload, answer, recordedAt }: Omit<ChainedEvent, 'digest' | 'payload' | 'answer'> & Parsed,
): string {
  return sha256(canonicalJson({ sequence, key, kind, payload, answer, recordedAt, previous }));
}

/** The JSON of an event as values. */
interface Parsed {
  payload: unknown;
  answer: unknown;
}

/**
 * Whether an event is stored as it is written. What is the same JSON to one reader may be another to DuckDB, where a member is there twice;
 * and the digest is not in the chain, as it follows from the payload.
 */
export function isAsWritten({ digest, payload, answer }: ChainedEvent): boolean {
  const parsed = { payload: json(payload), answer: json(answer) };
  return (
    JSON.stringify(parsed.payload) === payload &&
    JSON.stringify(parsed.answer) === answer &&
    contentDigest(parsed.payload as LineageRecord) === digest
  );
}

/** An event as it is stored, with its JSON as values. */
export function parsedEvent(event: ChainedEvent): Omit<ChainedEvent, 'payload' | 'answer'> & Parsed {
  return { ...event, payload: json(event.payload), answer: json(event.answer) };
}

/** Hash of the newest link. */
export async function headHash(read: Reader): Promise<string> {
  const [row] = await read<{ hash: string }>('SELECT hash FROM audit_chain ORDER BY sequence DESC LIMIT 1');
  return row?.hash ?? GENESIS;
}

/** Numbers of events that are looked at together. */
const PAGE = 2000;

/** Events in order, a page at a time, which reads of the tables no more than the page; each with the hash on record; null where there is no link of its number. */
export async function* chainedEvents(
  read: Reader,
): AsyncGenerator<readonly (Partial<ChainedEvent> & { sequence: number; hash: string | null; present: boolean })[]> {
  for (let last = 0; ;) {
    const page = await read<Partial<ChainedEvent> & { sequence: number; hash: string | null; present: boolean }>(
      `SELECT coalesce(e.sequence, c.sequence) AS sequence, key, kind, digest, payload, answer, recorded_at AS "recordedAt", hash,
         e.sequence IS NOT NULL AS present
       FROM (FROM events WHERE sequence > $1 AND sequence <= $2) e
       FULL JOIN (FROM audit_chain WHERE sequence > $1 AND sequence <= $2) c USING (sequence)
       ORDER BY 1 LIMIT $3`,
      // As many again, should numbers be there twice.
      [last, last + PAGE, 2 * PAGE],
    );
    if (page.length > 0) yield page;
    last += PAGE;
    if (page.length === PAGE) continue;
    const [next] = await read<{ sequence: number | null }>(
      `SELECT min(sequence) AS sequence FROM (
         SELECT sequence FROM events WHERE sequence > $1 UNION ALL SELECT sequence FROM audit_chain WHERE sequence > $1)`,
      [last],
    );
    if (typeof next?.sequence !== 'number') return;
    last = next.sequence - 1;
  }
}

/** Chains the events of a database that had no chain yet, within the transaction that is open on the connection. */
export async function sealEvents(connection: DuckDBConnection): Promise<void> {
  const writer = new TableWriter(connection);
  let previous = GENESIS;
  for await (const page of chainedEvents(connectionReader(connection))) {
    const rows = page.map((event) => {
      previous = linkHash(previous, parsedEvent(event as ChainedEvent));
      return { table: 'audit_chain', cells: { sequence: event.sequence, hash: previous } };
    });
    await writer.write(rows);
  }
}

function json(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text; // somebody has been at it; the hash will say so
  }
}
