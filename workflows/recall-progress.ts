import {
  backfillRange,
  type RecallOutcome,
  type RecallPlan,
  type RecallProgress,
  type RecallResult,
} from '../schemas/index.js';
import { cell } from './markdown.js';

/** A recall as Markdown for the Temporal UI: what is tainted, what is live, and what repairs it. */
export function recallMarkdown({ version, phase, plan, decision, outcomes }: RecallProgress): string {
  const waiting = phase === 'waiting' ? ': send the update `approve` or `reject`' : '';
  const lines = [`**${cell(version)}**: ${phase.replace('_', ' ')}${waiting}`, ''];
  if (plan === null) return lines.join('\n');
  lines.push(`${plan.datasets} dataset versions and ${plan.models.length} models are tainted.`, '');
  if (decision !== null) {
    lines.push(`${decision.approved ? 'Approved' : 'Rejected'} by ${cell(decision.by)}: ${cell(decision.reason)}`, '');
  }
  if (plan.endpoints.length > 0) {
    const rows = plan.endpoints.map(({ endpoint, arm, from, to }) => {
      const done = outcomes.find((outcome) => outcome.endpoint === endpoint);
      const back = to === null ? 'nothing' : `v${to.version}`;
      return `| ${endpoint} | ${arm} | v${from.version} | ${back} | ${done === undefined ? '' : `${done.outcome}: ${cell(done.message)}`} |`;
    });
    lines.push('| endpoint | arm | tainted | back to | result |', '|---|---|---|---|---|', ...rows, '');
  }
  lines.push(
    ...plan.repair.map(({ pipeline, ...range }) => `- repair: backfill ${pipeline} ${cell(backfillRange(range))}`),
  );
  return lines.join('\n');
}

/** What a recall came to. @param asked whether what is live was to go back */
export function recallEnd(
  plan: RecallPlan,
  outcomes: readonly RecallOutcome[],
  asked: boolean,
): Pick<RecallResult, 'verdict' | 'message'> {
  const undone = outcomes.filter(({ outcome }) => outcome === 'failed' || outcome === 'left').length;
  const verdict =
    plan.endpoints.length === 0 ? 'nothing_live' : !asked ? 'held' : undone > 0 ? 'incomplete' : 'rolled_back';
  const live = { nothing_live: 'no endpoint serves it', held: 'endpoints were left as they are' };
  const done = `${outcomes.length - undone} of ${plan.endpoints.length} endpoints were taken back`;
  const message = `${plan.datasets} dataset versions and ${plan.models.length} models are tainted; ${verdict in live ? live[verdict as 'held'] : done}; ${plan.repair.length} backfills repair it`;
  return { verdict, message };
}
