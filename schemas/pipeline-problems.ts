import { nameField } from './fields.js';
import { hint } from './nearest.js';
import type { Pipeline } from './pipeline.js';
import { formatPath, type Problem } from './problems.js';
import { quarantineDatasetOf } from './quarantine.js';
import { checksOf, datasetInputs, stepDependencies, stepReferences, topologicalOrder } from './step-graph.js';
import type { Step } from './step.js';

const PARAMETER_REFERENCE = /\{\{\s*params\.([A-Za-z_][A-Za-z0-9_]*)\s*\}\}/g;

/** What is wrong with steps that their schemas cannot say: references to nothing, cycles, two writers of a dataset. */
export function stepProblems(steps: Record<string, Step>): Problem[] {
  return [
    ...referenceProblems(steps),
    ...windowProblems(steps),
    ...cycleProblems(steps),
    ...writerProblems(steps),
    ...quarantineProblems(steps),
    ...silenceProblems(steps),
  ];
}

/** References to parameters that a pipeline does not declare. */
export function parameterProblems({ steps, params }: Pipeline): Problem[] {
  const names = Object.keys(params);
  return texts(steps, ['steps']).flatMap(({ path, text }) =>
    [...text.matchAll(PARAMETER_REFERENCE)].flatMap(([, name = '']): Problem[] =>
      names.includes(name) ? [] : [{ path, message: `there is no parameter "${name}"${hint(name, names)}` }],
    ),
  );
}

/** Paths of the fields of a pipeline’s steps that have one of these parameters in them. */
export function parameterFields({ steps }: Pipeline, names: readonly string[]): string[] {
  return texts(steps, ['steps']).flatMap(({ path, text }) =>
    [...text.matchAll(PARAMETER_REFERENCE)].some(([, name = '']) => names.includes(name)) ? [path] : [],
  );
}

function referenceProblems(steps: Record<string, Step>): Problem[] {
  return Object.entries(steps).flatMap(([name, step]) => {
    const references = [
      ...stepReferences(step),
      ...step.needs.map((need, index) => ({ path: `needs[${index}]`, name: need, types: undefined })),
    ];
    return references.flatMap(({ path, name: target, types }): Problem[] => {
      const at = `steps.${name}.${path}`;
      const found = steps[target];
      if (found === undefined) return [{ path: at, message: `there is no step "${target}"${meant(target, steps)}` }];
      if (target === name) return [{ path: at, message: 'a step cannot refer to itself' }];
      if (types !== undefined && !types.includes(found.type)) {
        return [{ path: at, message: `"${target}" is a step of type ${found.type}; expected ${types.join(' or ')}` }];
      }
      return [];
    });
  });
}

/** What to write in place of a name that no step has: the step that writes a dataset of that name, else the nearest of them. */
function meant(name: string, steps: Record<string, Step>): string {
  const writer = Object.entries(steps).find(([, step]) => 'dataset' in step && step.dataset === name);
  return writer === undefined
    ? hint(name, Object.keys(steps))
    : `; it is a dataset: name the step that writes it, "${writer[0]}"`;
}

function windowProblems(steps: Record<string, Step>): Problem[] {
  return Object.entries(datasetInputs(steps)).flatMap(([key, { window }]): Problem[] => {
    if (window === undefined) return [];
    const [name = '', input = ''] = key.split('.');
    const at = steps[name]?.type === 'evaluate' ? `steps.${name}.on` : `steps.${name}.inputs.${input}`;
    const builds = window.missing === 'build' && window.pipeline === undefined;
    const never = (window.minimum ?? 1) > window.last;
    return [
      ...(builds
        ? [{ path: `${at}.window.pipeline`, message: 'missing: "build" needs the pipeline that produces the dataset' }]
        : []),
      ...(never ? [{ path: `${at}.window.minimum`, message: `must not be greater than last, ${window.last}` }] : []),
    ];
  });
}

function cycleProblems(steps: Record<string, Step>): Problem[] {
  const { cyclic } = topologicalOrder(stepDependencies(steps));
  // Steps that only wait for the cycle are left over too; naming each as a problem would hide where it is.
  const first = cyclic[0];
  return first === undefined
    ? []
    : [{ path: `steps.${first}`, message: `waits for itself, by way of ${cyclic.join(', ')}` }];
}

function writerProblems(steps: Record<string, Step>): Problem[] {
  const writers = new Map<string, string>();
  return Object.entries(steps).flatMap(([name, step]): Problem[] => {
    const written = writtenDataset(steps, step);
    if (written === undefined) return [];
    const { field, dataset } = written;
    const other = writers.get(dataset);
    writers.set(dataset, name);
    return other === undefined
      ? []
      : [{ path: `steps.${name}.${field}`, message: `"${dataset}" is written by step "${other}" already` }];
  });
}

function writtenDataset(steps: Record<string, Step>, step: Step): { field: string; dataset: string } | undefined {
  if (step.type === 'ingest' || step.type === 'transform') return { field: 'dataset', dataset: step.dataset };
  if (step.type !== 'check' || step.quarantine !== 'split') return undefined;
  const input = steps[step.input];
  if (input?.type !== 'ingest' && input?.type !== 'transform') return undefined;
  return { field: 'quarantineDataset', dataset: quarantineDatasetOf(step, input.dataset) };
}

/** Two quarantines of one input would leave two versions to read, and no one could say which. */
function quarantineProblems(steps: Record<string, Step>): Problem[] {
  return Object.entries(steps).flatMap(([name, step]): Problem[] => {
    if (step.type !== 'check') return [];
    const at = `steps.${name}`;
    if (step.quarantineDataset !== undefined && step.quarantine !== 'split') {
      return [{ path: `${at}.quarantineDataset`, message: 'has a meaning with quarantine: "split" alone' }];
    }
    if (step.quarantine === undefined) return [];
    const others = checksOf(steps, step.input).filter((other) => other !== name);
    if (others.length > 0) {
      const message = `needs to be the only check of "${step.input}", which is checked by ${others.join(', ')} too`;
      return [{ path: `${at}.quarantine`, message }];
    }
    const dataset = writtenDataset(steps, step)?.dataset;
    return dataset === undefined || nameField.safeParse(dataset).success
      ? []
      : [{ path: `${at}.quarantineDataset`, message: `must be given: "${dataset}" is too long for a name` }];
  });
}

/** Silence that approves gives no values: what has to be given then needs a default. */
function silenceProblems(steps: Record<string, Step>): Problem[] {
  return Object.entries(steps).flatMap(([name, step]): Problem[] => {
    if (step.type !== 'approve' || step.onTimeout !== 'approve' || step.waitSeconds === undefined) return [];
    return Object.entries(step.fields)
      .filter(([, field]) => field.required && field.default === undefined)
      .map(([field]) => ({
        path: `steps.${name}.fields.${field}.default`,
        message:
          'must be given, or required: false: the field is required, and onTimeout approves without anybody to say it',
      }));
  });
}

function texts(value: unknown, path: PropertyKey[]): { path: string; text: string }[] {
  if (typeof value === 'string') return [{ path: formatPath(path), text: value }];
  if (Array.isArray(value)) return value.flatMap((item, index) => texts(item, [...path, index]));
  if (value !== null && typeof value === 'object') {
    return Object.entries(value).flatMap(([key, member]) => texts(member, [...path, key]));
  }
  return [];
}
