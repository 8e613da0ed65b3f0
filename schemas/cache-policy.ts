import { secondsOf, type CacheDefaults, type StepCache } from './cache.js';
import { hint } from './nearest.js';
import type { Problem } from './problems.js';
import type { Step } from './step.js';

/** Types of steps whose results others may reuse: what the others do is not told by what they return. */
export type CacheableStep = Extract<Step, { type: 'ingest' | 'transform' | 'train' | 'activity' | 'command' }>;

/** How results of a step are reused. */
export interface CachePolicy {
  salt: string | null;
  ignore: readonly string[];
  maxAgeSeconds: number | null;
}

/** How results of a step are reused, or why they are not; null where nobody would expect it. */
export type CacheDecision = { policy: CachePolicy } | { policy: null; reason: string | null };

const CACHEABLE: readonly Step['type'][] = ['ingest', 'transform', 'train', 'activity', 'command'];
/** All that these read are versions, and all that decides is in the specification or its code. */
const BY_DEFAULT: readonly Step['type'][] = ['transform', 'train'];

export function isCacheable(step: Step): step is CacheableStep {
  return CACHEABLE.includes(step.type);
}

/**
 * Whether results of a step are reused. A transform and a training are, unless they say otherwise; an ingest, an activity
 * and a command only where they say so, because what they read and do is not told by versions.
 * @param defaults of the pipeline
 */
export function cacheDecision(step: Step, defaults: CacheDefaults = {}): CacheDecision {
  if (!isCacheable(step)) return { policy: null, reason: null };
  const { cache } = step;
  if (cache === undefined && !BY_DEFAULT.includes(step.type)) return { policy: null, reason: null };
  const { off = false, salt, maxAge, ignore = [] }: StepCache = { ...defaults, ...defined(cache) };
  if (off !== false) return { policy: null, reason: off === true ? 'the pipeline says so' : off };
  const moody = step.type === 'transform' && cache === undefined ? changingCall(step.sql) : null;
  if (moody !== null) return { policy: null, reason: `its SQL has ${moody}, which gives another result each time` };
  if (step.type === 'ingest' && maxAge === undefined) return { policy: null, reason: 'it has no maxAge' };
  return {
    policy: { salt: salt ?? null, ignore, maxAgeSeconds: maxAge === undefined ? null : secondsOf(maxAge) },
  };
}

const CHANGING =
  /\b(?:now|random|uuid|uuidv4|uuidv7|gen_random_uuid|get_current_time|get_current_timestamp|transaction_timestamp|today|nextval|currval|setseed|current_localtime|current_localtimestamp|age)\s*\(|\b(?:current_date|current_time|current_timestamp|localtime|localtimestamp|tablesample)\b|\busing\s+sample\b/i;

/** The first call in a query that gives another result each time; null if there is none. What is quoted does not count. */
export function changingCall(sql: string): string | null {
  const bare = sql.replace(/--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^']|'')*'|"(?:[^"]|"")*"/g, ' ');
  const [found] = CHANGING.exec(bare) ?? [];
  if (found === undefined) return null;
  const name = found.toLowerCase().replace(/\s+/g, ' ');
  return name.endsWith('(') ? `${name.replace(' (', '(')})` : name;
}

/** Fields that change nothing about a result, or that count in another way. */
const UNCOUNTED = new Set([
  ...['type', 'description', 'needs', 'tag', 'pool', 'role', 'timeoutSeconds', 'onFailure', 'cache', 'inputs'],
  ...['memory', 'threads', 'schemaPolicy'],
]);
/** Records whose entries count one by one. */
const SPREAD = new Set(['params', 'input', 'env']);
const UNCOUNTED_OF_TRAINERS = new Set(['stallSeconds', 'timeoutSeconds', 'maxLogBytes']);

/** What of the specification of a step counts for its result, by name: `sql`, `params.seed`, `env.REGION`. */
export function countedFields(step: CacheableStep | Record<string, unknown>): Record<string, unknown> {
  const counted: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(step)) {
    if (UNCOUNTED.has(name) || value === undefined) continue;
    if (SPREAD.has(name)) {
      for (const [entry, one] of Object.entries(value as object)) counted[`${name}.${entry}`] = one;
    } else if (name === 'trainer') {
      const kept = Object.entries(value as object).filter(([field]) => !UNCOUNTED_OF_TRAINERS.has(field));
      counted[name] = Object.fromEntries(kept);
    } else counted[name] = value;
  }
  return counted;
}

/** Whether a part does not count: it is named in full, or by what follows the dot. */
export function isIgnored(part: string, ignore: readonly string[]): boolean {
  return ignore.some((name) => name === part || (part.includes('.') && part.slice(part.indexOf('.') + 1) === name));
}

/** Names that `ignore` of a step may have. */
export function ignorableParts(step: CacheableStep): string[] {
  const spread = Object.keys(countedFields(step)).filter((name) => name.includes('.'));
  const inputs = 'inputs' in step ? Object.keys(step.inputs).map((name) => `inputs.${name}`) : [];
  const calls = step.type === 'activity' || step.type === 'command';
  return [
    ...spread,
    ...inputs,
    ...(calls ? [...step.needs.map((name) => `needs.${name}`), 'pipeline'] : []),
    ...(step.type === 'command' ? ['step'] : []),
    ...(step.type === 'train' ? ['seed'] : []),
    'partition',
  ];
}

/** What is wrong with what steps say about the cache. */
export function cacheProblems(
  steps: Record<string, Step>,
  { cache = {}, params }: { cache?: CacheDefaults | undefined; params: Record<string, unknown> },
): Problem[] {
  return Object.entries(steps).flatMap(([name, step]): Problem[] => {
    if (!isCacheable(step) || step.cache === undefined) return [];
    const at = `steps.${name}.cache`;
    const known = ignorableParts(step);
    const names = [...new Set([...known, ...known.map((part) => part.slice(part.indexOf('.') + 1))])];
    const unknown = (step.cache.ignore ?? []).flatMap((ignored, index): Problem[] => {
      if (names.includes(ignored) || Object.hasOwn(params, ignored)) return [];
      const message = `there is no parameter or input "${ignored}"${hint(ignored, [...names, ...Object.keys(params)])}`;
      return [{ path: `${at}.ignore[${index}]`, message }];
    });
    const { off, maxAge } = { ...cache, ...defined(step.cache) };
    if (step.type !== 'ingest' || maxAge !== undefined || (off !== undefined && off !== false)) return unknown;
    const message = 'is needed for an ingest: nothing but its age tells that what was read may have changed';
    return [...unknown, { path: `${at}.maxAge`, message }];
  });
}

function defined<T extends object>(fields: T | undefined): Partial<T> {
  return Object.fromEntries(Object.entries(fields ?? {}).filter(([, value]) => value !== undefined)) as Partial<T>;
}
