import { connect, isMillraceError, type MillraceClient } from '../../client/index.js';
import { createLineageClient } from '../../engine/lineage/index.js';
import { taskQueue, WORKER_ROLES } from '../../schemas/task-queues.js';
import { SEARCH_ATTRIBUTES } from '../../schemas/workflow-ids.js';
import { failed, failedWith, fixed, ok, warning, type Check, type CheckContext, type CheckResult } from './check.js';

// Numbers of Temporal’s API: enum IndexedValueType and enum TaskQueueType.
const KEYWORD = 2;
const QUEUE_OF_WORKFLOWS = 1;
const QUEUE_OF_ACTIVITIES = 2;
const TIMEOUT_MS = 3_000;

export const checkTemporal: Check = async (context) => {
  const { target } = context;
  let client: MillraceClient;
  try {
    client = await connect({ ...target.temporal, timeoutMs: TIMEOUT_MS });
  } catch (error) {
    if (target.foundBy === 'default' && isMillraceError(error)) {
      return [
        warning(
          'temporal',
          `no server is configured, and none answers at the usual place`,
          'Start one with: millrace dev',
        ),
      ];
    }
    return [failedWith('temporal', error)];
  }
  try {
    await client.temporal.workflowService.describeNamespace({ namespace: client.namespace });
    return [
      ok('temporal', `${client.address}, namespace ${client.namespace} (by ${target.foundBy})`),
      await searchAttributes(client, context).catch((error: unknown) => failedWith('search attributes', error)),
      await workers(client),
    ];
  } catch (error) {
    return [
      failed(
        'temporal',
        `${client.address}, namespace ${client.namespace}: ${reasonOf(error)}`,
        'Check the namespace.',
      ),
    ];
  } finally {
    await client.close();
  }
};

async function searchAttributes(client: MillraceClient, { options }: CheckContext): Promise<CheckResult> {
  const name = 'search attributes';
  const { namespace } = client;
  const { operatorService } = client.temporal.connection;
  const wanted = Object.values(SEARCH_ATTRIBUTES);
  const list = async () => {
    const { customAttributes } = await operatorService.listSearchAttributes({ namespace });
    return wanted.filter((attribute) => !(attribute in (customAttributes ?? {})));
  };
  const missing = await list();
  if (missing.length === 0) return ok(name, wanted.join(', '));
  if (!options.fix)
    return failed(name, `not registered: ${missing.join(', ')}`, 'Register them with: millrace doctor --fix');
  await operatorService.addSearchAttributes({
    namespace,
    searchAttributes: Object.fromEntries(missing.map((attribute) => [attribute, KEYWORD])),
  });
  return fixed(name, `registered ${missing.join(', ')}; workers see them after a restart`);
}

async function workers(client: MillraceClient): Promise<CheckResult> {
  const polled = await Promise.all(
    WORKER_ROLES.map(async (role) => {
      const { pollers } = await client.temporal.workflowService.describeTaskQueue({
        namespace: client.namespace,
        taskQueue: { name: taskQueue(role) },
        taskQueueType: role === 'orchestration' ? QUEUE_OF_WORKFLOWS : QUEUE_OF_ACTIVITIES,
      });
      return { role, count: pollers.length };
    }),
  );
  const without = polled.filter(({ count }) => count === 0).map(({ role }) => role);
  const found = polled.map(({ role, count }) => `${role} ${count}`).join(', ');
  if (without.length === 0) return ok('workers', found);
  return warning('workers', found, `Start them with: millrace worker --role ${without.join(' ')}`);
}

export const checkLineage: Check = async ({ target }) => {
  if (target.lineageUrl === undefined) {
    return [
      warning(
        'lineage owner',
        'no address is configured',
        'Start everything with: millrace dev; or set MILLRACE_LINEAGE_URL',
      ),
    ];
  }
  const health = await createLineageClient({ url: target.lineageUrl }).health();
  return [ok('lineage owner', `${target.lineageUrl}, ${health.records} records`)];
};

export const checkModelServer: Check = async ({ target }) => {
  const name = 'model server';
  const urls = target.modelServerUrl === undefined ? await reportedServers(target.lineageUrl) : [target.modelServerUrl];
  if (urls.length === 0) return [warning(name, 'none is known', 'Start one with: millrace serve')];
  return Promise.all(
    urls.map(async (url) => {
      try {
        const { status } = await fetch(`${url}/v2/health/ready`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
        return status === 200 ? ok(name, url) : warning(name, `${url} is not ready (${status})`, 'See its log.');
      } catch (error) {
        return failed(name, `${url}: ${reasonOf(error)}`, 'Start it again with: millrace serve');
      }
    }),
  );
};

/** Servers that have reported to the lineage owner lately. */
async function reportedServers(lineageUrl: string | undefined): Promise<string[]> {
  if (lineageUrl === undefined) return [];
  const servers = await createLineageClient({ url: lineageUrl })
    .modelServers()
    .catch(() => []);
  return servers.map(({ url }) => url);
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
}
