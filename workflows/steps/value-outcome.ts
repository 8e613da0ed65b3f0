import type { CachedStep } from '../../schemas/index.js';
import type { StepOutcome } from './recorded-step.js';

/** What a program of the project gave. */
export function valueOutcome(value: unknown): StepOutcome<unknown> {
  const kept = (value ?? null) as never;
  return { value, summary: JSON.stringify(kept).slice(0, 200), output: { value: kept } };
}

/** The same of another run. */
export function restoredValue({ output }: CachedStep): StepOutcome<unknown> {
  return valueOutcome(output.value);
}
