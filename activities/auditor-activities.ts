import { AUDITOR_WORKFLOW_ID, auditorResultSchema, ERROR_TABLE, isMillraceError, type Gap } from '../schemas/index.js';
import { activityScope } from './activity-scope.js';
import type { AuditPageInput, FoundGap } from './audit-page.js';
import { createAuditorChecks } from './auditor-checks.js';
import type { ActivityDependencies } from './dependencies.js';
import { listExecutions } from './temporal-executions.js';

/** What was found in a page of a check. */
export interface AuditPage {
  checked: number;
  gaps: Gap[];
  /** To be given with the next call; null: the check is done. */
  next: string | null;
}

/** What the auditor does, a page at a time. A page that is gone through again finds what is left. */
export function createAuditorActivities(dependencies: Pick<ActivityDependencies, 'lineage' | 'temporal'>) {
  const checks = createAuditorChecks(dependencies);
  return {
    /** When the last round of the schedule that came to its end began; null: there was none. */
    async lastRound(): Promise<string | null> {
      return activityScope(async () => {
        const query = `WorkflowType = 'auditor' AND TemporalScheduledById = '${AUDITOR_WORKFLOW_ID}' AND ExecutionStatus = 'Completed'`;
        const [last] = (await listExecutions(dependencies.temporal, query, null, 1)).executions;
        if (last === undefined) return null;
        const result: unknown = await dependencies.temporal.workflow.getHandle(last.workflowId, last.runId).result();
        return auditorResultSchema.pick({ until: true }).loose().safeParse(result).data?.until ?? null;
      });
    },

    /** Goes through a page of a check; unless it is a dry run, mends what can be. */
    async auditPage(input: AuditPageInput): Promise<AuditPage> {
      return activityScope(async ({ progress, signal }) => {
        progress(`${input.check}: looking`);
        const { found, ...page } = await checks[input.check](input);
        const gaps: Gap[] = [];
        for (const { mend, ...gap } of found) {
          signal.throwIfAborted();
          progress(`${input.check}: ${gap.subject}`);
          gaps.push(await mended(gap, input.dryRun, mend));
        }
        return { ...page, gaps };
      });
    },
  };
}

/** One gap that cannot be mended keeps none of the others from it. */
async function mended(gap: Omit<Gap, 'state'>, dryRun: boolean, mend: FoundGap['mend']): Promise<Gap> {
  if (mend === undefined) return { ...gap, state: 'open' };
  if (dryRun) return { ...gap, state: 'repairable' };
  try {
    await mend();
    return { ...gap, state: 'repaired' };
  } catch (error) {
    if (!isMillraceError(error) || ERROR_TABLE[error.code].category === 'infrastructure') throw error;
    return {
      ...gap,
      state: 'open',
      message: `${gap.message}; it could not be repaired: ${error.code}, ${error.message}`,
    };
  }
}
