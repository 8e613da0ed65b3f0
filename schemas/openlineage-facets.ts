import { z } from 'zod';
import { evaluationReportSchema } from './evaluation.js';
import { identifierField, jsonField } from './fields.js';
import { rolloutResultSchema } from './rollout.js';
import { runVerdictField } from './run.js';

/**
 * Facets of our own, by the name that events carry them under. `name` is that of the JSON Schema, and `base` what it
 * extends. Once released, a facet keeps its version for as long as fields are only added that may be missing.
 */
export const OWN_FACETS = {
  millrace_partition: {
    name: 'MillracePartitionDatasetFacet',
    base: 'DatasetFacet',
    version: '1-0-0',
    schema: z.object({ key: z.string().describe('Key of the partition that the version is of.') }),
  },
  millrace_training: {
    name: 'MillraceTrainingRunFacet',
    base: 'RunFacet',
    version: '1-0-0',
    schema: z.object({
      params: z.record(z.string(), jsonField).describe('Parameters of the trainer.'),
      seed: z.int().nonnegative().describe('Seed.'),
      metrics: z.record(identifierField, z.number()).describe('Figures that the trainer reported.'),
    }),
  },
  millrace_evaluation: {
    name: 'MillraceEvaluationRunFacet',
    base: 'RunFacet',
    version: '1-0-0',
    schema: z.object({
      ...evaluationReportSchema.shape,
      forced: z.boolean().describe('Whether the verdict was passed over.'),
    }),
  },
  millrace_rollout: {
    name: 'MillraceRolloutRunFacet',
    base: 'RunFacet',
    version: '1-0-0',
    schema: z.object(rolloutResultSchema.shape),
  },
  millrace_outcome: {
    name: 'MillraceOutcomeRunFacet',
    base: 'RunFacet',
    version: '1-0-0',
    schema: z.object({
      verdict: runVerdictField,
      reason: z.string().describe('Reason code.'),
      message: z.string().describe('The same in words.'),
    }),
  },
} as const;

export type OwnFacet = keyof typeof OWN_FACETS;
export type OwnFacetContent<F extends OwnFacet> = z.infer<(typeof OWN_FACETS)[F]['schema']>;

/** Address of the JSON Schema of a facet of ours: that of the file in the published package. */
export function ownFacetUrl(facet: OwnFacet): string {
  const { name, version } = OWN_FACETS[facet];
  return `https://unpkg.com/millrace/docs/reference/openlineage/${version}/${name}.json`;
}

/** The JSON Schema of a facet of ours, in the form of the specification’s own. */
export function ownFacetDocument(facet: OwnFacet): object {
  const { name, base, schema } = OWN_FACETS[facet];
  const { $schema, $defs = {}, ...content } = z.toJSONSchema(schema, { io: 'input' });
  return {
    $schema,
    $id: ownFacetUrl(facet),
    $defs: {
      ...$defs, // of the content, which refers to them from the root
      [name]: {
        type: 'object',
        allOf: [{ $ref: `https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/${base}` }, content],
      },
    },
    type: 'object',
    properties: { [facet]: { $ref: `#/$defs/${name}` } },
  };
}
