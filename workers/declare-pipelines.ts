import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import type { LineageClient } from '../engine/lineage/index.js';
import { freezePipeline, withCode } from '../engine/pipelines/index.js';
import { isMillraceError, type LineageRecord, type MillraceConfig } from '../schemas/index.js';

/**
 * Puts on record what the pipelines of this worker's configuration would do now, so that staleness is judged by the code
 * that is deployed rather than by the last run. Pipelines whose parameters have no defaults are left to their runs. A
 * worker starts without it when the owner does not answer: its runs say the same, later.
 */
export async function declarePipelines(
  { pipelines, activities }: Pick<MillraceConfig, 'pipelines' | 'activities'>,
  projectDir: string,
  lineage: Pick<LineageClient, 'record'>,
  logger: Pick<Logger, 'warn'>,
): Promise<void> {
  const at = new Date().toISOString();
  const records: LineageRecord[] = [];
  for (const pipeline of pipelines) {
    try {
      const frozen = await withCode(freezePipeline(pipeline, {}), { projectDir, activities });
      const { digest, ...specification } = frozen;
      records.push({
        kind: 'pipeline_declared',
        key: `declared/${pipeline.name}/${randomUUID()}`,
        at,
        pipeline: pipeline.name,
        specificationDigest: digest,
        specification: JSON.parse(JSON.stringify(specification)) as never,
      });
    } catch (error) {
      if (!isMillraceError(error)) throw error;
    }
  }
  if (records.length === 0) return;
  try {
    await lineage.record(records);
  } catch (error) {
    logger.warn({ err: error }, 'the pipelines could not be declared to lineage');
  }
}
