import type { Command } from 'commander';
import { connect, isMillraceError } from '../../client/index.js';
import { createLineageClient } from '../../engine/lineage/index.js';
import type { ModelSummary, RunSummary } from '../../schemas/lineage-api.js';
import type { EndpointState, ModelServerStatus } from '../../schemas/serving.js';
import { addTargetOptions, jsonOption, parseCount, type JsonOption, type TargetOptions } from '../options.js';
import { printJson } from '../output.js';
import { plainTable } from '../plain-table.js';
import { openExecutions, withExecution, type OpenExecution } from '../open-executions.js';
import { summaryCells } from '../run-words.js';
import { requireLineageUrl, resolveTarget, type Target } from '../target.js';

interface StatusOptions extends TargetOptions, JsonOption {
  runs: number;
}

interface Status {
  endpoints: EndpointState[];
  models: ModelSummary[];
  modelServers: ModelServerStatus[];
  runs: (RunSummary & OpenExecution)[];
  /** Workflows that are under way in Temporal; null if it did not answer, `problem` says why. */
  underWay: { workflowId: string; type: string; startedAt: string }[] | null;
  problem: string | null;
}

/** `millrace status`: endpoints, models, the last runs, and what is under way. */
export function statusCommand(program: Command): void {
  const command = program
    .command('status')
    .description('show endpoints, models, the last runs, and what is under way')
    .option('--runs <count>', 'how many runs to show', parseCount, 10);
  addTargetOptions(command)
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  millrace status --runs 30')
    .action(async (options: StatusOptions) => {
      const status = await readStatus(await resolveTarget(options), options.runs);
      if (options.json) printJson(status);
      else console.log(inWords(status));
    });
}

async function readStatus(target: Target, limit: number): Promise<Status> {
  const lineage = createLineageClient({ url: requireLineageUrl(target) });
  const [endpoints, models, modelServers, runs, underWay] = await Promise.all([
    lineage.endpoints(),
    lineage.models(),
    lineage.modelServers(),
    lineage.runs({ limit }),
    // Lineage is worth showing when Temporal is down, and then most of all.
    readUnderWay(target).catch((error: unknown) => {
      if (isMillraceError(error)) return error;
      throw error;
    }),
  ]);
  const rest = isMillraceError(underWay)
    ? { underWay: null, problem: `${underWay.code}: ${underWay.message}` }
    : { underWay, problem: null };
  const open = await openExecutions(target, isMillraceError(underWay) ? [] : runs);
  return { endpoints, models, modelServers, runs: runs.map((run) => withExecution(run, open)), ...rest };
}

async function readUnderWay(target: Target): Promise<NonNullable<Status['underWay']>> {
  const client = await connect({ ...target.temporal, timeoutMs: 3_000 });
  try {
    const found: NonNullable<Status['underWay']> = [];
    for await (const execution of client.temporal.workflow.list({ query: 'ExecutionStatus = "Running"' })) {
      const { workflowId, type, startTime } = execution;
      found.push({ workflowId, type, startedAt: startTime.toISOString() });
      if (found.length === 100) break;
    }
    return found;
  } finally {
    await client.close();
  }
}

function inWords(status: Status): string {
  return [
    section(
      'Endpoints',
      ['endpoint', 'stable', 'canary', 'since', 'ready on'],
      status.endpoints.map((e) => [
        e.endpoint,
        e.stable === null ? '(retired)' : `${e.stable.model} v${e.stable.version}`,
        e.canary === null ? '' : `${e.canary.model} v${e.canary.version} at ${e.canaryWeight} %`,
        e.changedAt,
        readyOn(e, status.modelServers),
      ]),
    ),
    section(
      'Models',
      ['model', 'versions', 'aliases', 'newest'],
      status.models.map((m) => [
        m.model,
        String(m.versions),
        Object.entries(m.aliases)
          .map(([alias, version]) => `${alias} v${version}`)
          .join(', '),
        m.registeredAt,
      ]),
    ),
    section(
      'Last runs',
      ['pipeline', 'partition', 'verdict', 'reason', 'started', 'took'],
      status.runs.map((run) => summaryCells(run)),
    ),
    status.underWay === null
      ? `Under way: not known. ${status.problem ?? ''}`
      : section(
          'Under way',
          ['workflow', 'type', 'since'],
          status.underWay.map((w) => [w.workflowId, w.type, w.startedAt]),
        ),
  ].join('\n\n');
}

/** Model servers that have the newest state of an endpoint in force, of all there are. */
function readyOn({ endpoint, generation }: EndpointState, servers: readonly ModelServerStatus[]): string {
  const ready = servers.filter((server) =>
    server.endpoints.some((e) => e.endpoint === endpoint && e.generation === generation && e.ready),
  );
  return `${ready.length} of ${servers.length} servers`;
}

function section(title: string, head: string[], rows: string[][]): string {
  if (rows.length === 0) return `${title}: none`;
  return `${title}\n${plainTable(head, rows)}`;
}
