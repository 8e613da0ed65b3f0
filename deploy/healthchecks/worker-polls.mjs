// Healthcheck of a worker, which has no port: `node worker-polls.mjs QUEUE` succeeds if the Temporal server has seen this
// container ask for work on the queue lately. A process that lives but lost its connection is unhealthy.
import { hostname } from 'node:os';
import { Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';

// A poll without work is answered after a minute; twice that is late. Numbers of Temporal's enum TaskQueueType.
const LATE_MS = 120_000;
const WORKFLOWS = 1;
const ACTIVITIES = 2;

const queue = process.argv[2];
const { connectionOptions, namespace = 'default' } = loadClientConnectConfig();
const connection = await Connection.connect({ ...connectionOptions, connectTimeout: 5_000 });
try {
  const described = await Promise.all(
    [WORKFLOWS, ACTIVITIES].map((taskQueueType) =>
      connection.workflowService.describeTaskQueue({ namespace, taskQueue: { name: queue }, taskQueueType }),
    ),
  );
  // The SDK names a worker `pid@hostname`.
  const own = described.flatMap(({ pollers }) => pollers).filter(({ identity }) => identity.endsWith(`@${hostname()}`));
  const newest = Math.max(...own.map(({ lastAccessTime }) => Number(lastAccessTime.seconds) * 1000));
  if (Date.now() - newest > LATE_MS) throw new Error(`no worker of ${hostname()} polls ${queue}`);
} finally {
  await connection.close();
}
