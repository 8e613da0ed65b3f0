import { MillraceError } from '../schemas/errors.js';

/** A run as people name it. @throws INPUT_INVALID */
export function parseRun(text: string): { pipeline: string; partition: string } {
  const [, pipeline, partition] = /^run\/([^/]+)\/(.+)$/.exec(text) ?? [];
  if (pipeline !== undefined && partition !== undefined) return { pipeline, partition };
  throw new MillraceError('INPUT_INVALID', `${text} is no run; one is named as in run/flight-delays/2001-03-31`, {
    problems: [{ path: 'run', message: 'must be run/PIPELINE/PARTITION' }],
  });
}
