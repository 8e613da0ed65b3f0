import { RE2JS } from 're2js';
import type { Problem } from '../../../schemas/problems.js';
import type { ColumnKind } from '../column-kind.js';
import type { CheckDefinition, CheckOf } from './kernel.js';
import { plainPattern } from './plain-pattern.js';
import { judgeShare, negated, RowCheck, withMostly, type Judge } from './row-check.js';
import { judgeBytes, judgeTexts } from './texts.js';

/** RE2 takes time linear in the text, so a pattern from outside cannot stall a worker. Nulls are passed over. */
export const regex: CheckDefinition<CheckOf<'regex'>> = {
  indexTexts: true,
  columns: (check) => [check.column],
  problems: ({ pattern }) => patternProblems(pattern),
  start: (check, [kind]) => new RowCheck(check.column, judgeRegex(check.pattern, kind!)),
  threshold: (check) => withMostly(`matches ${check.pattern}`, check),
  judge: judgeShare,
};

/** The same, the other way round. */
export const notRegex: CheckDefinition<CheckOf<'not_regex'>> = {
  indexTexts: true,
  columns: (check) => [check.column],
  problems: ({ pattern }) => patternProblems(pattern),
  start: (check, [kind]) => new RowCheck(check.column, negated(judgeRegex(check.pattern, kind!))),
  threshold: (check) => withMostly(`does not match ${check.pattern}`, check),
  judge: judgeShare,
};

function patternProblems(pattern: string): Problem[] {
  try {
    RE2JS.compile(pattern);
    return [];
  } catch (error) {
    return [{ path: 'pattern', message: `is not a valid RE2 pattern: ${(error as Error).message}` }];
  }
}

/** A pattern of RE2. */
export function compileRegex(pattern: string, caseless = false): RE2JS {
  return RE2JS.compile(pattern, caseless ? RE2JS.CASE_INSENSITIVE : 0);
}

/**
 * Fails texts that a pattern does not match anywhere.
 * @throws Misfit where the column holds no texts
 */
export function judgeRegex(pattern: string, kind: ColumnKind, caseless = false): Judge {
  const plain = caseless ? null : plainPattern(pattern);
  if (plain !== null) return judgeBytes(kind, plain);
  const compiled = compileRegex(pattern, caseless);
  return judgeTexts(kind, (text) => compiled.test(text));
}
