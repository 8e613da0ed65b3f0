import {
  formatPath,
  frozenPipelineSchema,
  hint,
  MillraceError,
  parseWith,
  problemsText,
  stepProblems,
  type FrozenPipeline,
  type Pipeline,
  type Problem,
  type RunInput,
} from '../../schemas/index.js';
import { digestOf } from '../digest.js';
import { withoutChecks } from './without-checks.js';

const WHOLE_REFERENCE = /^\{\{\s*params\.([A-Za-z_][A-Za-z0-9_]*)\s*\}\}$/;
const EACH_REFERENCE = /\{\{\s*params\.([A-Za-z_][A-Za-z0-9_]*)\s*\}\}/g;

type ParameterValue = string | number | boolean;

/**
 * Puts a run’s parameters into a pipeline and gives the result its digest: from then on nothing about the run’s
 * specification can change.
 * @param checksOff who wants no checks, and why; on record with the specification
 * @throws PARAMETER_INVALID for a parameter that is unknown, missing or of another type
 * @throws PIPELINE_INVALID if a step does not fit its schema, or steps do not fit together, with the values put in
 */
export function freezePipeline(
  whole: Pipeline,
  given: Record<string, ParameterValue>,
  checksOff?: RunInput['checksOff'],
): FrozenPipeline {
  const frozen = putParametersIn(whole, given, checksOff);
  // Values of a run can make wrong what was right with the defaults, for which the configuration was judged.
  const problems = stepProblems(frozen.steps);
  if (problems.length === 0) return frozen;
  const message = `pipeline ${whole.name} with its parameters: ${problemsText(problems)}`;
  throw new MillraceError('PIPELINE_INVALID', message, { problems });
}

/**
 * `freezePipeline` without the question whether the steps fit together.
 * @throws PARAMETER_INVALID, PIPELINE_INVALID
 */
export function putParametersIn(
  whole: Pipeline,
  given: Record<string, ParameterValue>,
  checksOff?: RunInput['checksOff'],
): FrozenPipeline {
  const pipeline = checksOff === undefined ? whole : withoutChecks(whole);
  const params = parameterValues(pipeline, given);
  const counted = countedSteps(pipeline, params);
  const content = {
    name: pipeline.name,
    description: pipeline.description,
    partitions: pipeline.partitions,
    params,
    steps: replaceReferences(pipeline.steps, params),
    ...(pipeline.onFailure !== undefined && { onFailure: pipeline.onFailure }),
    ...(pipeline.cache !== undefined && { cache: pipeline.cache }),
    ...(Object.keys(counted).length > 0 && { counted }),
    ...(checksOff !== undefined && { checksOff }),
  };
  const frozen = { ...content, digest: digestOf(content) };
  return parseWith(frozenPipelineSchema, frozen, `pipeline ${pipeline.name} with its parameters`, 'PIPELINE_INVALID');
}

/** Steps whose cache ignores parameters of the pipeline, with references to those left as they are written. */
function countedSteps(
  { steps }: Pipeline,
  params: Record<string, ParameterValue>,
): Record<string, Record<string, unknown>> {
  const found: Record<string, Record<string, unknown>> = {};
  for (const [name, step] of Object.entries(steps)) {
    const { ignore } = (step.cache ?? {}) as { ignore?: unknown };
    const ignored = Array.isArray(ignore) ? ignore.filter((one) => Object.hasOwn(params, String(one))) : [];
    if (ignored.length === 0) continue;
    const others = Object.entries(params).filter(([param]) => !ignored.includes(param));
    found[name] = replaceReferences(step, Object.fromEntries(others)) as Record<string, unknown>;
  }
  return found;
}

function parameterValues(pipeline: Pipeline, given: Record<string, ParameterValue>): Record<string, ParameterValue> {
  const declared = Object.keys(pipeline.params);
  const problems: Problem[] = Object.keys(given)
    .filter((name) => !declared.includes(name))
    .map((name) => ({
      path: formatPath(['params', name]),
      message: `is not a parameter of ${pipeline.name}${hint(name, declared)}`,
    }));
  const values: Record<string, ParameterValue> = {};
  for (const [name, parameter] of Object.entries(pipeline.params)) {
    const value = given[name] ?? parameter.default;
    const path = formatPath(['params', name]);
    if (value === undefined) problems.push({ path, message: `is required, a ${parameter.type}` });
    else if (typeof value !== parameter.type) {
      problems.push({ path, message: `must be a ${parameter.type}, not the ${typeof value} ${JSON.stringify(value)}` });
    } else values[name] = value;
  }
  if (problems.length > 0) {
    throw new MillraceError('PARAMETER_INVALID', `parameters of ${pipeline.name}: ${problemsText(problems)}`, {
      problems,
    });
  }
  return values;
}

/** A text that is nothing but a reference becomes the value in its own type; within a longer text, its text. What has no value stays. */
function replaceReferences(value: unknown, params: Record<string, ParameterValue>): unknown {
  if (typeof value === 'string') {
    const whole = WHOLE_REFERENCE.exec(value)?.[1];
    if (whole !== undefined) return params[whole] ?? value;
    return value.replace(EACH_REFERENCE, (text, name: string) => String(params[name] ?? text));
  }
  if (Array.isArray(value)) return value.map((item) => replaceReferences(item, params));
  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, replaceReferences(member, params)]));
  }
  return value;
}
