import type { Source } from '../../../schemas/index.js';
import { escapeGlob } from './local-source.js';

const PLACE = '{partition}';

/** The source of one partition: its key takes the place of `{partition}` in a path, as it stands, and no glob is made by it. */
export function partitionSource<S extends Source>(source: S, key: string): S {
  if (!('path' in source) || !source.path.includes(PLACE)) return source;
  const own = /^https?:\/\//i.test(source.path) ? encodeURIComponent(key) : escapeGlob(key);
  return { ...source, path: source.path.replaceAll(PLACE, () => own) };
}
