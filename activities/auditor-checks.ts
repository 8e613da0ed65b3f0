import {
  abnormalEnd,
  isRefusedRetry,
  keysOf,
  missingRecord,
  runBeginning,
  runEnd,
  type EndedExecution,
} from '../engine/auditor/index.js';
import type { AuditorCheck, LineageRecord } from '../schemas/index.js';
import { abandonedCanaries } from './abandoned-canaries.js';
import type { AuditPageInput, CheckedPage, FoundGap } from './audit-page.js';
import type { ActivityDependencies } from './dependencies.js';
import { endOf, inputOf, listExecutions, statusOf, type ListedExecution } from './temporal-executions.js';

const PAGE = 200;
const TYPES = "WorkflowType IN ('pipelineRun', 'backfill', 'rollout', 'recall')";

/** The comparisons of the auditor. They change nothing; what they find can be mended. */
export function createAuditorChecks({
  lineage,
  temporal,
}: Pick<ActivityDependencies, 'lineage' | 'temporal'>): Record<
  AuditorCheck,
  (input: AuditPageInput) => Promise<CheckedPage>
> {
  return {
    ended: async ({ since, cursor }) => {
      const query = `${TYPES} AND ExecutionStatus != 'Running'${since === null ? '' : ` AND CloseTime >= '${since}'`}`;
      const { executions, next } = await listExecutions(temporal, query, cursor, PAGE);
      // Visibility has the newest first; the record has things in the order in which they happened.
      const ended = executions.filter(hasEnded).reverse();
      const known = await lineage.gaps.knownKeys(ended.flatMap(keysOf));
      const found = await Promise.all(ended.map((execution) => judge(execution, known)));
      return { checked: executions.length, found: found.flatMap((one) => one ?? []), next };
    },

    open: async ({ lostAfterSeconds, cursor }) => {
      const { runs, next } = await lineage.gaps.openRuns({ limit: PAGE, after: cursor });
      const found: FoundGap[] = [];
      for (const { runId, workflowId, lastAt } of runs) {
        const { status, endedAt } = await statusOf(temporal, { workflowId, runId });
        if (status === 'absent') {
          if (Date.now() - Date.parse(lastAt) < lostAfterSeconds * 1000) continue;
          const message = `it is open on record since ${lastAt}, and Temporal does not know it any more`;
          const end = runEnd({ runId, workflowId }, lastAt, { code: 'LOST', message });
          found.push({ kind: 'lost', subject: workflowId, runId, message, mend: () => write([end]) });
        } else if (status !== 'RUNNING' && status !== 'CONTINUED_AS_NEW') {
          // Its own end may have been committed since the page was read.
          if ((await lineage.gaps.knownKeys([`${runId}/finished`])).size > 0) continue;
          const execution = { workflowId, runId, status };
          const end = await endOf(temporal, execution);
          const record = runEnd(execution, endedAt ?? lastAt, end);
          found.push({
            kind: 'end_missing',
            subject: workflowId,
            runId,
            message: end.message,
            mend: () => write([record]),
          });
        }
      }
      return { checked: runs.length, found, next };
    },

    running: async ({ graceSeconds, cursor }) => {
      const before = new Date(Date.now() - graceSeconds * 1000).toISOString();
      const query = `WorkflowType = 'pipelineRun' AND ExecutionStatus = 'Running' AND StartTime < '${before}'`;
      const { executions, next } = await listExecutions(temporal, query, cursor, PAGE);
      const known = await lineage.gaps.knownKeys(executions.flatMap(keysOf));
      const found = executions
        .filter((execution) => keysOf(execution).length > 0 && !keysOf(execution).some((key) => known.has(key)))
        .map(({ workflowId, runId, startedAt }): FoundGap => {
          const message = `it was started ${startedAt} and is not on record: no worker takes it, or its first task fails`;
          return { kind: 'not_begun', subject: workflowId, runId, message };
        });
      return { checked: executions.length, found, next };
    },

    versions: async ({ cursor }) => {
      const { checked, versions, next } = await lineage.gaps.unproducedVersions({ limit: PAGE, after: cursor });
      const found = versions.map(({ dataset, partition, version, runId, step }): FoundGap => {
        const message = `the run that is said to have written it, ${runId}, step ${step}, is not on record`;
        return { kind: 'version_without_run', subject: `dataset:${dataset}/${partition}@${version}`, runId, message };
      });
      return { checked: cursor === null ? checked : 0, found, next };
    },

    endpoints: () => abandonedCanaries({ lineage, temporal }),
  };

  async function judge(execution: EndedExecution, known: ReadonlySet<string>): Promise<FoundGap | null> {
    const missing = missingRecord(execution, known);
    // Runs whose beginning is on record are gone through by themselves.
    if (missing === null || missing === 'end') return null;
    const { workflowId: subject, runId, endedAt } = execution;
    const end = await endOf(temporal, execution);
    const input = missing === 'beginning' ? await inputOf(temporal, subject, runId) : undefined;
    if (isRefusedRetry(input, end.code)) return null;
    const mend = async () => {
      if (missing === 'stop') {
        await write([abnormalEnd(execution, end)]);
        return;
      }
      const beginning = runBeginning(execution, input);
      await write(known.has(`${runId}/finished`) ? [beginning] : [beginning, runEnd(execution, endedAt, end)]);
    };
    return { kind: 'not_on_record', subject, runId, message: end.message, mend };
  }

  async function write(records: LineageRecord[]): Promise<void> {
    await lineage.record(records);
  }
}

function hasEnded(execution: ListedExecution): execution is EndedExecution {
  return execution.endedAt !== null && !['RUNNING', 'CONTINUED_AS_NEW', 'absent'].includes(execution.status);
}
