import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { apiErrorSchema } from '../schemas/index.js';

/** State of another execution, as far as somebody who waits for it needs to know. */
export type ExecutionPoll<T> =
  | { status: 'running' }
  | { status: 'absent' }
  | { status: 'completed'; result: T }
  | { status: 'failed'; message: string; code: string; paths: string[] };

const problemsSchema = apiErrorSchema.shape.error.pick({ problems: true });

/** Looks at an execution of a workflow id: that with the run id, or the newest. */
export async function pollExecution<T>(
  temporal: Client,
  workflowId: string,
  parse: (result: unknown) => T,
  runId?: string,
): Promise<ExecutionPoll<T>> {
  const handle = temporal.workflow.getHandle(workflowId, runId);
  try {
    const { status } = await handle.describe();
    if (status.name === 'RUNNING' || status.name === 'CONTINUED_AS_NEW') return { status: 'running' };
    if (status.name !== 'COMPLETED') {
      const failure = await handle.result().then(
        () => null,
        (error: Error) => error,
      );
      const cause = (failure?.cause ?? failure) as (Error & { type?: string; details?: unknown[] }) | null;
      const code = status.name === 'CANCELLED' ? status.name : (cause?.type ?? status.name);
      return { status: 'failed', message: cause?.message ?? status.name, code, paths: pathsOf(cause?.details) };
    }
    return { status: 'completed', result: parse(await handle.result()) };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return { status: 'absent' };
    throw error;
  }
}

/** Where the problems are that an execution failed with. */
function pathsOf([details]: readonly unknown[] = []): string[] {
  return problemsSchema.safeParse(details).data?.problems.map(({ path }) => path) ?? [];
}
