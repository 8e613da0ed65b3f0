import type { DataInput, DatasetInput, Step } from './step.js';

/** Steps whose output a step reads, by the path of the reference. */
export function stepReferences(step: Step): { path: string; name: string; types: Step['type'][] }[] {
  const data = (path: string, input: DataInput) =>
    typeof input === 'string' ? [{ path, name: input, types: ['ingest', 'transform'] as Step['type'][] }] : [];
  switch (step.type) {
    case 'transform':
    case 'train':
      return Object.entries(step.inputs).flatMap(([name, input]) => data(`inputs.${name}`, input));
    case 'check':
      return data('input', step.input);
    case 'evaluate':
      return [{ path: 'model', name: step.model, types: ['train'] }, ...data('on', step.on)];
    case 'register':
      return [
        { path: 'model', name: step.model, types: ['train'] },
        ...(step.evaluation === undefined
          ? []
          : [{ path: 'evaluation', name: step.evaluation, types: ['evaluate'] as Step['type'][] }]),
      ];
    case 'deploy':
      return [{ path: 'model', name: step.model, types: ['register'] }];
    case 'ingest':
    case 'activity':
    case 'command':
    case 'approve':
      return [];
  }
}

/** Committed datasets that a step reads, by `STEP.INPUT`. They are resolved to versions before the run’s first step. */
export function datasetInputs(steps: Record<string, Step>): Record<string, DatasetInput> {
  const found: Record<string, DatasetInput> = {};
  for (const [name, step] of Object.entries(steps)) {
    if (step.type === 'transform' || step.type === 'train') {
      for (const [input, value] of Object.entries(step.inputs)) {
        if (typeof value !== 'string') found[`${name}.${input}`] = value;
      }
    } else if (step.type === 'evaluate' && typeof step.on !== 'string') found[`${name}.on`] = step.on;
  }
  return found;
}

/** Check steps of the output of a step. */
export function checksOf(steps: Record<string, Step>, name: string): string[] {
  return Object.keys(steps).filter((other) => {
    const step = steps[other];
    return step?.type === 'check' && step.input === name;
  });
}

/** The check that sets failing rows of a step’s output apart: what it leaves is what others read. */
export function quarantineOf(steps: Record<string, Step>, name: string): string | undefined {
  return checksOf(steps, name).find((other) => {
    const step = steps[other];
    return step?.type === 'check' && step.quarantine !== undefined;
  });
}

/**
 * What each step waits for: `needs`, the steps that it reads, and the checks of what it reads, so that nobody reads
 * data before its gate has opened.
 */
export function stepDependencies(steps: Record<string, Step>): Record<string, string[]> {
  return Object.fromEntries(
    Object.entries(steps).map(([name, step]) => {
      return [name, [...new Set([...step.needs, ...stepReads(steps, name)])].filter((other) => other !== name)];
    }),
  );
}

/** A step with all that depend on it, near or far; none without a step. */
export function dependents(steps: Record<string, Step>, first: string | undefined): Set<string> {
  const dependencies = stepDependencies(steps);
  const found = new Set<string>(first === undefined ? [] : [first]);
  for (const name of topologicalOrder(dependencies).order) {
    if (dependencies[name]?.some((other) => found.has(other))) found.add(name);
  }
  return found;
}

/** The steps that a step reads, and the checks of what it reads: without any of them it has nothing to work on. */
export function stepReads(steps: Record<string, Step>, name: string): string[] {
  const step = steps[name];
  if (step === undefined) return [];
  const read = stepReferences(step).map((reference) => reference.name);
  return step.type === 'check' ? read : [...read, ...read.flatMap((source) => checksOf(steps, source))];
}

/** Step names so that each comes after those that it waits for; what is left over lies on a cycle. */
export function topologicalOrder(dependencies: Record<string, readonly string[]>): {
  order: string[];
  cyclic: string[];
} {
  const order: string[] = [];
  const left = new Set(Object.keys(dependencies));
  for (let moved = true; moved;) {
    moved = false;
    for (const name of left) {
      if ((dependencies[name] ?? []).some((other) => left.has(other))) continue;
      order.push(name);
      left.delete(name);
      moved = true;
    }
  }
  return { order, cyclic: [...left] };
}
