import { connect, isMillraceError, type MillraceClient } from '../client/index.js';
import type { RunSummary } from '../schemas/lineage-api.js';
import { runProgressSchema } from '../schemas/run.js';
import { waitInWords } from './run-words.js';
import type { Target } from './target.js';

/** Executions that are asked about at once. */
const AT_ONCE = 20;

/** How long a worker may take to say what a run waits for, in milliseconds. */
const ANSWER_MS = 3_000;

/** What Temporal knows, and the record does not, of a run that has no end on record. */
export interface OpenExecution {
  /** How it has ended all the same, as one that was terminated: a status of Temporal, `GONE` where it knows the run no longer. */
  execution?: string;
  /** The step that waits and for what, as in `board: waits for approve or reject`, of a run in which nothing else goes on. */
  waitsFor?: string;
}

/**
 * Looks at runs that have no end on record, by run id. Empty where Temporal does not answer; what waits is not told where no
 * worker does.
 */
export async function openExecutions(
  target: Target,
  runs: readonly RunSummary[],
): Promise<ReadonlyMap<string, OpenExecution>> {
  const open = runs.filter(({ verdict }) => verdict === null);
  const found = new Map<string, OpenExecution>();
  if (open.length === 0) return found;
  try {
    const client = await connect({ ...target.temporal, timeoutMs: 3_000 });
    const look = lookAt(client);
    try {
      for (let next = 0; next < open.length; next += AT_ONCE) {
        const some = open.slice(next, next + AT_ONCE);
        for (const [runId, state] of await Promise.all(some.map(look))) found.set(runId, state);
      }
    } finally {
      await client.close();
    }
  } catch (error) {
    if (!isMillraceError(error)) throw error;
  }
  return found;
}

function lookAt({ temporal }: MillraceClient) {
  let answered = true;
  return async ({ workflowId, runId }: RunSummary): Promise<[string, OpenExecution]> => {
    const handle = temporal.workflow.getHandle(workflowId, runId);
    const status = await handle.describe().then(
      (found) => found.status.name,
      (error: unknown) => (error instanceof Error && error.name === 'WorkflowNotFoundError' ? 'GONE' : 'RUNNING'),
    );
    if (status !== 'RUNNING') return [runId, { execution: status }];
    if (!answered) return [runId, {}];
    try {
      const asked = temporal.connection.withDeadline(Date.now() + ANSWER_MS, () => handle.query('progress'));
      const waitsFor = waitInWords(runProgressSchema.parse(await asked));
      return [runId, waitsFor === undefined ? {} : { waitsFor }];
    } catch {
      answered = false;
      return [runId, {}];
    }
  };
}

/** A run with what Temporal knows of it. */
export function withExecution<R extends RunSummary>(
  run: R,
  open: ReadonlyMap<string, OpenExecution>,
): R & OpenExecution {
  return { ...run, ...open.get(run.runId) };
}
