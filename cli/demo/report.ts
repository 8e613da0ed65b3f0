import type { EvaluationReport, LineageGraph, ModelVersionRef, RunResult } from '../../schemas/index.js';
import type { Night } from './nights.js';
import type { TrafficSummary } from './traffic.js';

/** How a night went. */
export interface NightReport {
  name: string;
  about: string;
  runId: string;
  verdict: RunResult['verdict'];
  reason: string;
  message: string;
  /** Version of the night’s flights. */
  datasetVersion: string | null;
  /** Version that the night registered. */
  modelVersion: number | null;
  /** The comparison with the champion, where the night came so far. */
  evaluation: EvaluationReport | null;
  durationMs: number;
  forced: boolean;
  traffic: TrafficSummary | null;
  /** Whether the night ended as it should. */
  asExpected: boolean;
}

/** What the demo writes with `--report`. */
export interface DemoReport {
  history: { partitions: number; durationMs: number };
  nights: NightReport[];
  serving: { endpoint: string; modelVersion: number; url: string };
  /** Dataset versions that the serving model was trained on, by partition. */
  trainedOn: { partition: string; version: string }[];
  failedRequests: number;
  totalMs: number;
  asExpected: boolean;
}

/** Makes a night’s line from the run’s result. */
export function nightReport(
  night: Night,
  result: RunResult,
  traffic: TrafficSummary | null,
  durationMs: number,
): NightReport {
  const output = (type: string) => result.steps.find((step) => step.type === type)?.output;
  const { verdict, reason } = night.expected;
  return {
    name: night.name,
    about: night.about,
    runId: result.runId,
    verdict: result.verdict,
    reason: result.reason,
    message: result.message,
    datasetVersion: output('ingest')?.dataset?.version ?? null,
    modelVersion: output('register')?.modelVersion?.version ?? null,
    evaluation: output('evaluate')?.evaluation ?? null,
    durationMs,
    forced: result.forced,
    traffic,
    asExpected: result.verdict === verdict && result.reason === reason && (traffic?.failed ?? 0) === 0,
  };
}

/** The dataset versions that a model was trained on: what its train step read. */
export function trainingVersions(
  graph: LineageGraph,
  model: ModelVersionRef,
): { partition: string; version: string }[] {
  const versions = graph.nodes.flatMap((node) => {
    const match = /^dataset:flight-features\/([^@]+)@([0-9a-f]+)$/.exec(node.id);
    return match === null ? [] : [{ partition: match[1] ?? '', version: match[2] ?? '' }];
  });
  if (versions.length === 0)
    throw new Error(`the lineage of ${model.model} v${model.version} names no dataset version`);
  return versions.sort((a, b) => (a.partition < b.partition ? -1 : 1));
}
