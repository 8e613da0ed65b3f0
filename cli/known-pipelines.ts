import { connect, isMillraceError } from '../client/index.js';
import { createLineageClient } from '../engine/lineage/index.js';
import { MillraceError } from '../schemas/errors.js';
import { hint } from '../schemas/nearest.js';
import { inboxWorkflowId } from '../schemas/trigger.js';
import { loadConfig } from '../workers/load-config.js';
import { requireLineageUrl, type Target } from './target.js';

/** Inboxes that are looked through for names. */
const MOST = 1000;

/**
 * Refuses a name that nothing knows: no pipeline of the configuration or on record has it, and no inbox.
 * @throws PIPELINE_UNKNOWN with the nearest name
 */
export async function refuseUnknownPipeline(target: Target, pipeline: string): Promise<void> {
  const configured = await configuredNames();
  if (configured.includes(pipeline)) return;
  const lineage = createLineageClient({ url: requireLineageUrl(target) });
  const [watched, recorded] = await Promise.all([namesOfInboxes(target), lineage.triggers.pipelines()]);
  const names = [...new Set([...configured, ...watched, ...recorded])].sort();
  if (names.includes(pipeline)) return;
  const message = `there is no pipeline "${pipeline}"${hint(pipeline, names)}`;
  throw new MillraceError('PIPELINE_UNKNOWN', message, { problems: [{ path: 'pipeline', message }] });
}

/** None where the folder has no configuration, or one that is wrong: what is on record is shown all the same. */
async function configuredNames(): Promise<string[]> {
  try {
    return (await loadConfig({ cwd: process.cwd() })).config.pipelines.map(({ name }) => name);
  } catch (error) {
    if (isMillraceError(error)) return [];
    throw error;
  }
}

async function namesOfInboxes(target: Target): Promise<string[]> {
  const prefix = inboxWorkflowId('');
  const client = await connect(target.temporal);
  try {
    const names = new Set<string>();
    let seen = 0;
    for await (const { workflowId } of client.temporal.workflow.list({ query: "WorkflowType = 'inbox'" })) {
      if (workflowId.startsWith(prefix)) names.add(workflowId.slice(prefix.length));
      if (++seen === MOST) break;
    }
    return [...names];
  } finally {
    await client.close();
  }
}
