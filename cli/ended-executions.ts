import { connect, isMillraceError } from '../client/index.js';
import type { RunSummary } from '../schemas/lineage-api.js';
import type { Target } from './target.js';

/** Executions that are asked about at once. */
const AT_ONCE = 20;

/**
 * Of runs that have no end on record, those that have ended in Temporal all the same, as one that was terminated: how, by run id.
 * Empty where Temporal does not answer; one that it no longer knows is `GONE`.
 */
export async function endedExecutions(target: Target, runs: readonly RunSummary[]): Promise<Map<string, string>> {
  const open = runs.filter(({ verdict }) => verdict === null);
  const ended = new Map<string, string>();
  if (open.length === 0) return ended;
  try {
    const client = await connect({ ...target.temporal, timeoutMs: 3_000 });
    const look = async ({ workflowId, runId }: RunSummary) => {
      const handle = client.temporal.workflow.getHandle(workflowId, runId);
      const status = await handle.describe().then(
        (found) => found.status.name,
        (error: unknown) => (error instanceof Error && error.name === 'WorkflowNotFoundError' ? 'GONE' : 'RUNNING'),
      );
      if (status !== 'RUNNING') ended.set(runId, status);
    };
    try {
      for (let next = 0; next < open.length; next += AT_ONCE) {
        await Promise.all(open.slice(next, next + AT_ONCE).map(look));
      }
    } finally {
      await client.close();
    }
  } catch (error) {
    if (!isMillraceError(error)) throw error;
  }
  return ended;
}

/** With the end that Temporal knows and the record does not, where it is so. */
export function withExecution<R extends RunSummary>(
  run: R,
  ended: ReadonlyMap<string, string>,
): R & { execution?: string } {
  const execution = ended.get(run.runId);
  return execution === undefined ? run : { ...run, execution };
}
