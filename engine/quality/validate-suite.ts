import type { Suite } from '../../schemas/check.js';
import type { Problem } from '../../schemas/problems.js';
import { definitionOf, whereOf } from './kernels/index.js';
import { expressionProblems } from './kernels/expression.js';

/**
 * Everything that is wrong with a suite whatever data it meets: empty ranges, invalid patterns, names used twice.
 * @returns problems by path, as in `checks[2].pattern`; none means that the suite can run
 */
export function validateSuite(suite: Suite): Problem[] {
  const named = new Set<string>();
  return suite.checks.flatMap((check, i) => {
    const where = whereOf(check);
    const problems = [
      ...(definitionOf(check).problems?.(check) ?? []),
      ...(where === undefined ? [] : expressionProblems(where, 'where')),
    ].map(({ path, message }) => ({ path: `checks[${i}].${path}`, message }));
    if (check.name !== undefined && named.has(check.name)) {
      problems.push({ path: `checks[${i}].name`, message: `is also the name of another check: ${check.name}` });
    }
    if (check.name !== undefined) named.add(check.name);
    return problems;
  });
}

/** The names of a suite’s checks in reports: the given one, else `type(columns)`, numbered from the second of the same. */
export function checkNames(suite: Suite): string[] {
  const used = new Set(suite.checks.flatMap((check) => check.name ?? []));
  return suite.checks.map((check) => {
    if (check.name !== undefined) return check.name;
    const columns = definitionOf(check).columns(check);
    const base = columns.length === 0 ? check.type : `${check.type}(${columns.join(', ')})`;
    let name = base;
    for (let n = 2; used.has(name); n++) name = `${base} #${n}`;
    used.add(name);
    return name;
  });
}
