import { setTimeout as delay } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { MillraceError } from '../../schemas/errors.js';
import { taskQueue, type WorkerRole } from '../../schemas/task-queues.js';

const READY_WITHIN_MS = 120_000;
const TASK_QUEUE_TYPE_WORKFLOW = 1;
const TASK_QUEUE_TYPE_ACTIVITY = 2;

/** Waits until a server answers with a status below 500. @throws MillraceError PROCESS_FAILED after two minutes */
export async function waitForHttp(url: string, what: string, signal: AbortSignal): Promise<void> {
  await until(what, signal, async () => {
    const response = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(2_000)]) });
    await response.arrayBuffer();
    return response.status < 500 ? null : `${url} answers ${response.status}`;
  });
}

/** Which Temporal server to ask. */
export interface PollersOf {
  address: string;
  namespace: string;
  /** Whether the server is our own, without TLS or keys; else the environment and profiles say how to connect. */
  ownsTemporal: boolean;
}

/** Waits until somebody polls the queue of every role. @throws MillraceError PROCESS_FAILED after two minutes */
export async function waitForPollers(
  { address, namespace, ownsTemporal }: PollersOf,
  roles: readonly WorkerRole[],
  signal: AbortSignal,
): Promise<void> {
  const connection = Connection.lazy(ownsTemporal ? { address } : loadClientConnectConfig().connectionOptions);
  const polled = new Set<WorkerRole>();
  try {
    await until('worker', signal, async () => {
      for (const role of roles.filter((each) => !polled.has(each))) {
        const { pollers } = await connection.workflowService.describeTaskQueue({
          namespace,
          taskQueue: { name: taskQueue(role) },
          taskQueueType: role === 'orchestration' ? TASK_QUEUE_TYPE_WORKFLOW : TASK_QUEUE_TYPE_ACTIVITY,
        });
        if (pollers.length === 0) return `nobody polls the queue ${taskQueue(role)}`;
        polled.add(role);
      }
      return null;
    });
  } finally {
    await connection.close();
  }
}

async function until(what: string, signal: AbortSignal, missing: () => Promise<string | null>): Promise<void> {
  for (const deadline = Date.now() + READY_WITHIN_MS; ;) {
    const reason = await missing().catch((error: unknown) => String(error));
    if (reason === null) return;
    signal.throwIfAborted();
    if (Date.now() > deadline) throw new MillraceError('PROCESS_FAILED', `${what} did not become ready: ${reason}`);
    await delay(100, undefined, { signal });
  }
}
