import { nearestName } from './nearest.js';
import type { Pipeline } from './pipeline.js';
import { formatPath, type Problem } from './problems.js';
import { datasetInputs, stepDependencies, stepReferences, topologicalOrder } from './step-graph.js';

const PARAMETER_REFERENCE = /\{\{\s*params\.([A-Za-z_][A-Za-z0-9_]*)\s*\}\}/g;

/** What is wrong with a pipeline that its schema cannot say: references to nothing, cycles, two writers of a dataset. */
export function pipelineProblems(pipeline: Pipeline): Problem[] {
  return [
    ...referenceProblems(pipeline),
    ...cycleProblems(pipeline),
    ...writerProblems(pipeline),
    ...parameterProblems(pipeline),
  ];
}

function referenceProblems({ steps }: Pipeline): Problem[] {
  const names = Object.keys(steps);
  return names.flatMap((name) => {
    const step = steps[name];
    if (step === undefined) return [];
    const references = [
      ...stepReferences(step),
      ...step.needs.map((need, index) => ({ path: `needs[${index}]`, name: need, types: undefined })),
    ];
    const problems = references.flatMap(({ path, name: target, types }): Problem[] => {
      const at = `steps.${name}.${path}`;
      const found = steps[target];
      if (found === undefined) return [{ path: at, message: `there is no step "${target}"${hint(target, names)}` }];
      if (target === name) return [{ path: at, message: 'a step cannot refer to itself' }];
      if (types !== undefined && !types.includes(found.type)) {
        return [{ path: at, message: `"${target}" is a step of type ${found.type}; expected ${types.join(' or ')}` }];
      }
      return [];
    });
    const windows = Object.entries(datasetInputs({ [name]: step })).flatMap(([key, input]): Problem[] =>
      input.window?.missing === 'build' && input.window.pipeline === undefined
        ? [
            {
              path: `steps.${key.replace('.', key.endsWith('.on') && step.type === 'evaluate' ? '.' : '.inputs.')}.window.pipeline`,
              message: 'missing: "build" needs the name of the pipeline that produces the dataset',
            },
          ]
        : [],
    );
    return [...problems, ...windows];
  });
}

function cycleProblems({ steps }: Pipeline): Problem[] {
  const { cyclic } = topologicalOrder(stepDependencies(steps));
  // Steps that only wait for the cycle are left over too; naming them all would hide where it is.
  const first = cyclic[0];
  return first === undefined
    ? []
    : [{ path: `steps.${first}`, message: `waits for itself, by way of ${cyclic.join(', ')}` }];
}

function writerProblems({ steps }: Pipeline): Problem[] {
  const writers = new Map<string, string>();
  return Object.entries(steps).flatMap(([name, step]): Problem[] => {
    if (step.type !== 'ingest' && step.type !== 'transform') return [];
    const other = writers.get(step.dataset);
    writers.set(step.dataset, name);
    return other === undefined
      ? []
      : [{ path: `steps.${name}.dataset`, message: `"${step.dataset}" is written by step "${other}" already` }];
  });
}

function parameterProblems({ steps, params }: Pipeline): Problem[] {
  const names = Object.keys(params);
  return texts(steps, ['steps']).flatMap(({ path, text }) =>
    [...text.matchAll(PARAMETER_REFERENCE)].flatMap(([, name = '']): Problem[] =>
      names.includes(name) ? [] : [{ path, message: `there is no parameter "${name}"${hint(name, names)}` }],
    ),
  );
}

function texts(value: unknown, path: PropertyKey[]): { path: string; text: string }[] {
  if (typeof value === 'string') return [{ path: formatPath(path), text: value }];
  if (Array.isArray(value)) return value.flatMap((item, index) => texts(item, [...path, index]));
  if (value !== null && typeof value === 'object') {
    return Object.entries(value).flatMap(([key, member]) => texts(member, [...path, key]));
  }
  return [];
}

/** `; did you mean "x"?`, or the names there are. */
export function hint(name: string, candidates: readonly string[]): string {
  const nearest = nearestName(name, candidates);
  if (nearest !== undefined) return `; did you mean "${nearest}"?`;
  return candidates.length === 0 ? '' : `; there are: ${candidates.slice(0, 10).join(', ')}`;
}
