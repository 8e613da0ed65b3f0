import { activityInfo } from '@temporalio/activity';
import { digestOf } from '../engine/digest.js';
import { partitionRange } from '../engine/datasets/index.js';
import { findPipeline, repairBackfills, type TaintedRun } from '../engine/pipelines/index.js';
import {
  markedName,
  recalledVersion,
  type Impact,
  type LineageRecord,
  type Marked,
  type RecallPlan,
} from '../schemas/index.js';
import { activityScope, quickScope } from './activity-scope.js';
import type { ActivityDependencies } from './dependencies.js';
import { endpointsOf } from './recall-traffic-activities.js';

/** Marks that one request has at most. */
const BATCH = 1000;
/** Things of a kind that a payload lists; all are in the object store. */
const LISTED = 100;

/** What the object store keeps of a recall. */
interface RecallDocument {
  tainted: Marked[];
}

/** What a recall asks of the world. */
export function createRecallActivities({ config, lineage, store }: ActivityDependencies) {
  return {
    /** Full id of the version that is meant. @throws NOT_FOUND */
    async findRecalled({ version }: { version: string }): Promise<string> {
      return quickScope(async () => {
        const { root } = await lineage.graph(version, { direction: 'downstream', depth: 1 });
        recalledVersion(version, root);
        return root;
      });
    },

    /** Finds everything that came of the version, and what would repair it. Changes nothing. */
    async assessRecall({ root }: { root: string }): Promise<RecallPlan> {
      return activityScope(async ({ progress }) => {
        progress('asking what came of it');
        const impact = await lineage.impact(root);
        const registered = impact.models.flatMap(({ model, version, digest, aliases }) =>
          version === null ? [] : [{ model, version, digest, aliases }],
        );
        const { dataset, partition, version } = recalledVersion(root, root);
        const tainted: Marked[] = [
          { kind: 'dataset', dataset, partition, version },
          ...impact.datasets.map(({ published: _, ...ref }) => ({ kind: 'dataset' as const, ...ref })),
          // One that is trained and not registered yet must not become a champion either.
          ...impact.models.map(({ model, digest }) => ({ kind: 'model' as const, model, digest })),
        ];
        const { repair, unknown } = await repairOf({ dataset, partition, version }, impact);
        const endpoints = await endpointsOf(lineage, impact);
        const { uri } = await store.putJson({ root, tainted, endpoints, repair, unknown });
        return {
          root,
          uri,
          datasets: impact.datasets.length + 1,
          models: registered.slice(0, LISTED).map(({ digest: _, ...model }) => model),
          endpoints,
          repair: repair.slice(0, LISTED),
          unknown: unknown.slice(0, LISTED),
        };
      });
    },

    /**
     * Marks all that the plan says; once, however often it is tried.
     * @returns how many things the plan says
     */
    async taint(input: { uri: string; actor: string; reason: string }): Promise<number> {
      return activityScope(async ({ progress }) => {
        const { tainted } = JSON.parse((await store.read(input.uri)).toString('utf8')) as RecallDocument;
        const { runId } = activityInfo().workflowExecution ?? { runId: 'standalone' };
        const at = new Date().toISOString();
        for (let start = 0; start < tainted.length; start += BATCH) {
          const records = tainted.slice(start, start + BATCH).map((on): LineageRecord => ({
            ...{ kind: 'mark_set', key: `${runId}/taint/${digestOf(markedName(on))}`, at, runId, mark: 'taint', on },
            ...{ actor: input.actor, reason: input.reason, until: null },
          }));
          await lineage.record(records);
          progress(`${Math.min(start + BATCH, tainted.length)} of ${tainted.length} marked`);
        }
        return tainted.length;
      });
    },
  };

  async function repairOf(
    root: { dataset: string; partition: string; version: string },
    impact: Impact,
  ): Promise<{ repair: RecallPlan['repair']; unknown: string[] }> {
    const { dataset, partition, version } = root;
    const [written] = await lineage.datasetVersions(dataset, { partition, version, limit: 1 });
    const writer = written?.runId;
    const own = writer === undefined ? undefined : await lineage.run(writer).catch(() => undefined);
    const runs = [...(own === undefined ? [] : [own]), ...impact.runs];
    const unknown: string[] = [];
    const tainted: TaintedRun[] = [];
    for (const { runId, pipeline, partition } of runs) {
      const known = config.pipelines.find(({ name }) => name === pipeline);
      if (known === undefined || partition === null) unknown.push(runId);
      else {
        const writesDatasets = Object.values(known.steps).some(
          (step) => step.type === 'ingest' || step.type === 'transform',
        );
        tainted.push({ pipeline: known.name, partition, writesDatasets });
      }
    }
    const range = (pipeline: string, from: string, to: string) => {
      const { partitions } = findPipeline(config.pipelines, pipeline);
      const { kind } = partitions;
      if (kind === 'static' || kind === 'dynamic' || kind === 'product') return null;
      return partitionRange(partitions, from, to);
    };
    return { repair: repairBackfills(tainted, range), unknown };
  }
}
