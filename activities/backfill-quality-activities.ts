import type { DatasetVersionRef } from '../schemas/index.js';
import { findPipeline, freezePipeline, planReader } from '../engine/pipelines/index.js';
import { checkVersions, keptCheckpoints, recordedReferences, storeReport } from '../engine/quality/index.js';
import { backfillRange, type BackfillCheck, type BackfillInput, type FrozenPipeline } from '../schemas/index.js';
import { activityScope, lastCheckpoint } from './activity-scope.js';
import type { ActivityDependencies } from './dependencies.js';

/** Activities of the role `data` that a backfill needs. */
export function createBackfillQualityActivities(deps: ActivityDependencies) {
  const { config, lineage, store, scanPool: pool, checkpointPace } = deps;
  const readPlan = planReader(store);
  return {
    /** Names of the check steps of the pipeline, in its order. */
    async listChecks({ request }: { request: BackfillInput }): Promise<string[]> {
      return activityScope(() => Promise.resolve(checkStepsOf(frozen(request)).map(([name]) => name)));
    },

    /** Holds what is published of the range to the suite of a check step, all partitions together; null where nothing is. */
    async checkRange(input: {
      request: BackfillInput;
      step: string;
      /** Address of the plan, which has the keys. */
      plan: string;
    }): Promise<BackfillCheck | null> {
      const { request, step: name } = input;
      return activityScope(async ({ signal, progress, checkpoint }) => {
        const pipeline = frozen(request);
        const [, step] = checkStepsOf(pipeline).find(([other]) => other === name)!;
        const { suite } = step;
        const source = pipeline.steps[step.input];
        if (source?.type !== 'ingest' && source?.type !== 'transform') return null;
        const { plan } = await readPlan(input.plan);
        const refs = await publishedRefs(
          source.dataset,
          plan.entries.map(([key]) => key),
        );
        if (refs.length === 0) return null;
        const { references, read } = await recordedReferences({ lineage, store }, suite, { pool, signal });
        const attempt = { last: lastCheckpoint(), keep: checkpoint, ...checkpointPace };
        const about = { versions: refs.map(({ version }) => version), suite, read };
        const { report, seen } = await checkVersions({
          ...{ store, refs, suite, references, pool, signal },
          checkpoints: await keptCheckpoints(store, about, attempt),
          onProgress: progress,
        });
        const subject = `${source.dataset}/${backfillRange(request)}, ${refs.length} partitions`;
        const { html, json } = await storeReport(store, report, { suite, seen, references, signal, subject });
        const failing = report.checks.flatMap(({ name, status }) =>
          status === 'fail' || status === 'error' ? [name] : [],
        );
        const { verdict, rows } = report;
        return {
          step: name,
          dataset: source.dataset,
          versions: refs.length,
          rows,
          verdict,
          failing,
          report: { html, json },
        };
      });
    },
  };

  function frozen(request: BackfillInput): FrozenPipeline {
    return freezePipeline(findPipeline(config.pipelines, request.pipeline), request.params);
  }

  async function publishedRefs(dataset: string, keys: readonly string[]): Promise<DatasetVersionRef[]> {
    return (await lineage.resolvePartitions(dataset, keys)).flatMap(({ ref }) => ref ?? []);
  }
}

function checkStepsOf({ steps }: FrozenPipeline) {
  return Object.entries(steps).flatMap(([name, step]) => (step.type === 'check' ? [[name, step] as const] : []));
}
