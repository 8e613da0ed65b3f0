/** How much of a file has arrived. */
export interface Arrived {
  done: number;
  /** Tells one state of the file from another, as HTTP asks for with ranges. */
  validator?: string | undefined;
}

/** Headers that ask for what has not arrived yet, or for all of it where nothing tells whether the file is still the same. */
export function restOf({ done, validator }: Arrived): Record<string, string> {
  return done > 0 && validator !== undefined ? { range: `bytes=${done}-`, 'if-range': validator } : {};
}

/** Whether the bytes were packed for the way, and unpacked on arrival: their number and positions are not those of the file. */
export function isEncoded({ headers }: Pick<Response, 'headers'>): boolean {
  return !['', 'identity'].includes((headers.get('content-encoding') ?? '').trim().toLowerCase());
}

/**
 * What tells this state of a file from others: a strong ETag, else the time of its last change, if it lies so far back that a
 * second change could not have the same (RFC 9110, 8.8.2.2). Undefined where there is neither.
 */
export function validatorOf(headers: Headers): string | undefined {
  if (isEncoded({ headers })) return undefined;
  const etag = headers.get('etag');
  if (etag !== null) return etag.startsWith('W/') ? undefined : etag;
  const changed = headers.get('last-modified');
  const age = Date.parse(headers.get('date') ?? '') - Date.parse(changed ?? '');
  return changed !== null && age >= 1000 ? changed : undefined;
}
