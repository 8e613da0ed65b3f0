import {
  isMillraceError,
  recordsBatchResponseSchema,
  recordsResponseSchema,
  type LineageRecord,
  type RecordResult,
} from '../../schemas/index.js';
import { errorOfBody, JsonText, type Request } from '../../schemas/lineage-request.js';

/** Messages under way at once: while the owner commits one, the next is with it already. */
const MESSAGES = 2;
/** Records and characters of a message with several calls; a call that has more goes alone. */
const MOST = { records: 1000, characters: 4_000_000, calls: 1000 };

interface Call {
  json: string;
  records: number;
  resolve(results: RecordResult[]): void;
  reject(error: unknown): void;
}

/**
 * Sends what is recorded to the owner. As long as fewer than {@link MESSAGES} are under way a call goes out at once, by
 * itself; what comes in meanwhile waits for one of them to be answered, and then goes in one message. No timer is
 * involved, so a lone call never waits, and a busy process makes larger messages instead of more of them.
 *
 * When no owner answers, what waits fails with the message that found out, so that no call takes longer than one time-out.
 */
export function createRecordSender(request: Request): (records: readonly LineageRecord[]) => Promise<RecordResult[]> {
  const waiting: Call[] = [];
  let underWay = 0;

  async function deliver(): Promise<void> {
    underWay += 1;
    try {
      while (waiting.length > 0) {
        const calls = takeCalls(waiting);
        try {
          await sendCalls(request, calls);
        } catch (error) {
          const lost = isMillraceError(error) && error.code === 'LINEAGE_UNREACHABLE' ? waiting.splice(0) : [];
          for (const call of [...calls, ...lost]) call.reject(error);
        }
      }
    } finally {
      underWay -= 1;
    }
  }

  return (records) =>
    new Promise((resolve, reject) => {
      waiting.push({ json: JSON.stringify({ records }), records: records.length, resolve, reject });
      if (underWay < MESSAGES) void deliver();
    });
}

/** Takes the calls of the next message off the front of those that wait. */
function takeCalls(waiting: Call[]): Call[] {
  let records = 0;
  let characters = 0;
  const end = waiting.findIndex((call, index) => {
    records += call.records;
    characters += call.json.length;
    return index > 0 && (records > MOST.records || characters > MOST.characters || index >= MOST.calls);
  });
  return waiting.splice(0, end < 0 ? waiting.length : end);
}

/** Rejects if the message as a whole was not answered; else each call has its own outcome. */
async function sendCalls(request: Request, calls: readonly Call[]): Promise<void> {
  const [first, ...others] = calls;
  if (first === undefined) return;
  if (others.length === 0) {
    first.resolve((await request(recordsResponseSchema, 'POST', '/records', new JsonText(first.json))).results);
    return;
  }
  const body = new JsonText(`{"requests":[${calls.map(({ json }) => json).join(',')}]}`);
  const { outcomes } = await request(recordsBatchResponseSchema, 'POST', '/records/batch', body);
  calls.forEach((call, index) => {
    const outcome = outcomes[index];
    if (outcome === undefined) call.reject(new Error('the lineage owner gave no outcome for this call'));
    else if ('error' in outcome) call.reject(errorOfBody(outcome));
    else call.resolve(outcome.results);
  });
}
