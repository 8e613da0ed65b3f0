import { cacheKey, codeDigests, missingOutput, whyComputed, type StepToKey } from '../engine/pipelines/index.js';
import { isMillraceError, type CachedStep, type CacheHolder, type CachePolicy, type Step } from '../schemas/index.js';
import { quickScope } from './activity-scope.js';
import type { ActivityDependencies } from './dependencies.js';
import { pollExecution } from './poll-execution.js';
import { holdToPolicy } from './schema-policy.js';
import { notYet, sometime } from './wait-by-retry.js';

/** What is asked about a step before it is done. */
export interface CacheQuestion extends Omit<StepToKey, 'code'> {
  /** Digest of its code; undefined: what this worker has. */
  code: string | null | undefined;
  policy: CachePolicy;
  /** Whether it is computed whatever there is. */
  refresh: boolean;
  runId: string;
  workflowId: string;
}

/** What a step has to know to ask again. */
export interface CacheLookup extends Pick<CacheQuestion, 'step' | 'name' | 'pipeline' | 'runId' | 'workflowId'> {
  key: string;
  parts: Record<string, string>;
  partition: string;
  maxAgeSeconds: number | null;
}

/** What to do about a step: to reuse an entry, to wait for who computes it already, or to compute it. */
export type CacheAnswer =
  | { do: 'reuse'; key: string; entry: CachedStep }
  | { do: 'wait'; lookup: CacheLookup; holder: CacheHolder }
  | ({ do: 'compute'; key: string; parts: Record<string, string> } & Miss)
  | ({ do: 'compute'; key: null; parts: null } & Miss);

/** Why nothing was reused. */
interface Miss {
  reason: string;
  /** Whether somebody might have expected otherwise. */
  tell: boolean;
}

/** Whether what a step would compute is there already. */
export function createCacheActivities({
  config,
  projectDir,
  lineage,
  store,
  temporal,
}: Pick<ActivityDependencies, 'config' | 'projectDir' | 'lineage' | 'store' | 'temporal'>) {
  const project = { projectDir, activities: config.activities };

  /** The entry under a key, or why there is none to be used. */
  async function find(lookup: CacheLookup): Promise<{ entry: CachedStep } | Miss> {
    const { key, parts, step, name, pipeline, partition, maxAgeSeconds } = lookup;
    const found = await lineage.cache.find({ key, maxAgeSeconds, pipeline, step: name, partition });
    const { entry, reason, last } = found;
    if (reason !== null) return { reason, tell: true };
    if (entry === null) return { reason: whyComputed(parts, partition, last), tell: last?.partition === partition };
    const missing = await missingOutput(store, entry.output);
    const of = `of what run ${entry.runId.slice(0, 12)} computed`;
    if (missing !== null) return { reason: `${of}, ${missing}`, tell: true };
    const refused = await refusal(step, entry);
    return refused === null ? { entry } : { reason: refused, tell: true };
  }

  /** Finds or claims: whoever claims first computes, and looks once more, because the one before may have just ended. */
  async function findOrClaim(lookup: CacheLookup, replaces: string | null): Promise<CacheAnswer> {
    const { key, parts, runId, workflowId, name } = lookup;
    const before = await find(lookup);
    if ('entry' in before) return { do: 'reuse', key, entry: before.entry };
    const holder = await lineage.cache.claim({ key, runId, workflowId, step: name, replaces });
    if (holder !== null) return { do: 'wait', lookup, holder };
    const now = await find(lookup);
    if ('entry' in now) return { do: 'reuse', key, entry: now.entry };
    return { do: 'compute', key, parts, ...now };
  }

  /** A policy is about what is published now, so what passed it then is held to it again. */
  async function refusal(step: Step, { records }: CachedStep): Promise<string | null> {
    if (step.type !== 'ingest' && step.type !== 'transform') return null;
    const version = records.find((record) => record.kind === 'dataset_version');
    if (version === undefined) return 'its columns are not on record';
    try {
      await holdToPolicy(lineage, step, version);
      return null;
    } catch (error) {
      if (isMillraceError(error) && error.code === 'SCHEMA_CHANGED') return error.message;
      throw error;
    }
  }

  return {
    /** Looks a step up, and claims it if it is not there. Light and idempotent: a local activity. */
    async lookUpStep(question: CacheQuestion): Promise<CacheAnswer> {
      return quickScope(async () => {
        const { step, name, pipeline, window, policy, runId, workflowId } = question;
        const code =
          question.code === undefined
            ? ((await codeDigests({ steps: { [name]: step } }, project))[name] ?? null)
            : question.code;
        if (step.type === 'train' && code === null) {
          const reason = 'the code of its trainer cannot be read here';
          return { do: 'compute', key: null, parts: null, reason, tell: true };
        }
        const { key, parts } = cacheKey({ ...question, code });
        if (question.refresh) return { do: 'compute', key, parts, reason: '', tell: false };
        const partition = window.key;
        const about = { step, name, pipeline, runId, workflowId };
        return findOrClaim({ ...about, key, parts, partition, maxAgeSeconds: policy.maxAgeSeconds }, null);
      });
    },

    /** Waits until another run has computed a step, and takes its result, or its place if it ended without one. */
    async awaitStep(lookup: CacheLookup): Promise<CacheAnswer> {
      return sometime(async () => {
        const answer = await findOrClaim(lookup, null);
        if (answer.do !== 'wait') return answer;
        const { holder } = answer;
        const { status } = await pollExecution(temporal, holder.workflowId, () => null, holder.runId);
        if (status === 'running') throw notYet(`run ${holder.runId} computes ${holder.step}`);
        const next = await findOrClaim(lookup, holder.runId);
        if (next.do === 'wait') throw notYet(`run ${next.holder.runId} computes ${next.holder.step}`);
        return next;
      });
    },
  };
}
