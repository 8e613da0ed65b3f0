import {
  MillraceError,
  parsePredictionId,
  type CodeLocation,
  type EvaluationReport,
  type ModelVersionRef,
  type Why,
} from '../../schemas/index.js';
import { endpointHistory } from './endpoint-queries.js';
import { modelDetails } from './model-queries.js';
import type { Reader } from './reader.js';

/**
 * What led to a prediction: the state of its endpoint, the version that answered, the run that trained it, the data, the
 * checks and the code. Told from the id and from what is on record about endpoints and models.
 * @throws INPUT_INVALID for a text that is no id
 * @throws NOT_FOUND if no such state or version is on record
 */
export async function whyPrediction(read: Reader, predictionId: string): Promise<Why> {
  const { endpoint, generation, version, digest, at } = parsePredictionId(predictionId);
  const state = (await endpointHistory(read, endpoint)).find((one) => one.generation === generation);
  const served = (ref: ModelVersionRef | null | undefined): ref is ModelVersionRef =>
    ref?.version === version && ref.digest.startsWith(digest);
  const arm = served(state?.stable) ? 'stable' : 'canary';
  const model = state?.[arm];
  if (state === undefined || !served(model)) {
    const what = `version ${version} (${digest}) in generation ${generation}`;
    throw new MillraceError('NOT_FOUND', `endpoint ${endpoint} never served ${what}`);
  }
  const details = (await modelDetails(read, model.model)).versions.find((one) => one.digest === model.digest);
  const { canaryWeight, changedAt, actor, reason, runId } = state;
  const training = await trainingOf(read, model);
  return {
    predictionId,
    at,
    deployment: { endpoint, generation, arm, canaryWeight, changedAt, actor, reason, runId },
    model: {
      ...model,
      registeredAt: details?.registeredAt ?? changedAt,
      seed: details?.seed ?? null,
      params: training?.params ?? {},
      metrics: details?.metrics ?? {},
    },
    evaluation: await evaluationOf(read, model),
    run: training?.run ?? null,
    versions: await versionsOf(read, details?.trainedOn ?? []),
  };
}

interface TrainingRow extends Omit<NonNullable<Why['run']>, 'codeDigest' | 'codeLocation'> {
  params: string;
  code: string | null;
  codeLocation: string | null;
}

async function trainingOf(
  read: Reader,
  { model, digest }: ModelVersionRef,
): Promise<{ params: Why['model']['params']; run: Why['run'] } | undefined> {
  const [row] = await read<TrainingRow>(
    `SELECT t.params, t.run_id AS "runId", t.step, s.workflow_id AS "workflowId", s.pipeline, s.partition,
       s.started_at AS "startedAt", s.requested_by AS "requestedBy", s.specification_digest AS "specificationDigest",
       e.payload->'$.specification.code' AS code, e.payload->'$.codeLocation' AS "codeLocation"
     FROM trainings t LEFT JOIN run_starts s USING (run_id) LEFT JOIN events e ON e.sequence = s.sequence
     WHERE t.model = $1 AND t.digest = $2 ORDER BY t.sequence, s.sequence LIMIT 1`,
    [model, digest],
  );
  if (row === undefined) return undefined;
  const { params, code, codeLocation, ...run } = row;
  const codes = JSON.parse(code ?? 'null') as Record<string, string> | null;
  return {
    params: JSON.parse(params) as Why['model']['params'],
    run:
      (run.pipeline as string | null) === null
        ? null
        : {
            ...run,
            codeDigest: codes?.[run.step] ?? null,
            codeLocation: JSON.parse(codeLocation ?? 'null') as CodeLocation | null,
          },
  };
}

async function evaluationOf(read: Reader, { model, digest }: ModelVersionRef): Promise<Why['evaluation']> {
  const [row] = await read<{ report: string; forced: boolean }>(
    'SELECT report, forced FROM evaluations WHERE model = $1 AND digest = $2 ORDER BY sequence LIMIT 1',
    [model, digest],
  );
  if (row === undefined) return null;
  const { verdict, reason, message } = JSON.parse(row.report) as EvaluationReport;
  return { verdict, reason, message, forced: row.forced };
}

const WORST_FIRST = ['error', 'fail', 'warn', 'pass'] as const;

type TrainedOn = Pick<Why['versions'][number], 'dataset' | 'partition' | 'version' | 'rows'>;

async function versionsOf(read: Reader, refs: readonly TrainedOn[]): Promise<Why['versions']> {
  if (refs.length === 0) return [];
  const rows = await read<{
    dataset: string;
    partition: string;
    version: string;
    runId: string;
    verdicts: string | null;
    passed: number;
    total: number;
  }>(
    `WITH wanted AS (
            SELECT dataset, partition, version, run_id, step FROM first_versions
            WHERE version IN (SELECT unnest($1))),
          -- The version itself, and what the step that wrote it has read.
          origins AS (
            SELECT *, 0 AS distance, 'dataset:' || dataset || '/' || partition || '@' || version AS origin FROM wanted
            UNION ALL
            SELECT w.*, 1, e.from_node FROM wanted w JOIN edges e ON e.to_node = 'run:' || w.run_id || '/' || w.step
            WHERE starts_with(e.from_node, 'dataset:')),
          reports AS (
            SELECT 'dataset:' || dataset || '/' || partition || '@' || version AS origin, verdict,
              count(*) FILTER (WHERE c.status = 'pass') AS passed, count(*) AS total
            FROM (SELECT * FROM quality_results QUALIFY
                    row_number() OVER (PARTITION BY dataset, partition, version ORDER BY sequence DESC) = 1) q
            JOIN quality_checks c USING (sequence) WHERE origin IN (SELECT origin FROM origins) GROUP BY ALL),
          checked AS (
            SELECT o.dataset, o.partition, o.version, r.* EXCLUDE (origin)
            FROM (SELECT DISTINCT * FROM origins) o JOIN reports r USING (origin)
            QUALIFY o.distance = min(o.distance) OVER (PARTITION BY o.dataset, o.partition, o.version))
     SELECT dataset, partition, version, w.run_id AS "runId", string_agg(verdict, ' ') AS verdicts,
       coalesce(sum(passed), 0)::BIGINT AS passed, coalesce(sum(total), 0)::BIGINT AS total
     FROM wanted w LEFT JOIN checked USING (dataset, partition, version) GROUP BY ALL`,
    [refs.map(({ version }) => version)],
  );
  const key = (ref: Omit<TrainedOn, 'rows'>) => JSON.stringify([ref.dataset, ref.partition, ref.version]);
  const known = new Map(rows.map((row) => [key(row), row]));
  return refs.map(({ dataset, partition, version, rows: count }) => {
    const found = known.get(key({ dataset, partition, version }));
    const verdict = WORST_FIRST.find((one) => found?.verdicts?.split(' ').includes(one));
    const { passed = 0, total = 0 } = found ?? {};
    return {
      ...{ dataset, partition, version, rows: count },
      runId: found?.runId ?? null,
      checks: verdict === undefined ? null : { verdict, passed, total },
    };
  });
}
