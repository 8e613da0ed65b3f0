import type { ColumnKind } from '../column-kind.js';
import { Misfit, type Literal } from '../literals.js';
import { OPERATOR_SIGNS, orderTest, type Operator } from '../operator.js';
import { judgeBetween } from './between.js';
import { judgeInSet } from './in-set.js';
import type { CheckDefinition, CheckOf } from './kernel.js';
import { anyOf, judgeShare, negated, RowCheck, withMostly, type Judge } from './row-check.js';

/** As IEEE 754: NaN fails all but `ne`. Nulls are passed over. Compared in the column’s own units, so without loss. */
export const comparison: CheckDefinition<CheckOf<'comparison'>> = {
  indexTexts: true,
  columns: (check) => [check.column],
  start: (check, [kind]) => new RowCheck(check.column, judgeComparison(check.operator, check.value, kind!)),
  threshold: (check) => withMostly(`${OPERATOR_SIGNS[check.operator]} ${JSON.stringify(check.value)}`, check),
  judge: judgeShare,
};

/**
 * Fails values that do not compare so with a literal.
 * @throws Misfit where the column cannot be compared with it
 */
export function judgeComparison(operator: Operator, value: Literal, kind: ColumnKind): Judge {
  if (operator === 'eq' || operator === 'ne') {
    const equal = judgeInSet([value], kind);
    return operator === 'eq' ? equal : negated(equal);
  }
  if (kind.domain === 'text') return judgeTextOrder(operator, value, kind);
  if (typeof value === 'boolean') throw new Misfit(`${value} has no order`);
  switch (operator) {
    case 'le':
      return judgeBetween({ max: value }, kind);
    case 'ge':
      return judgeBetween({ min: value }, kind);
    case 'lt':
      return withoutNaN(negated(judgeBetween({ min: value }, kind)), kind);
    case 'gt':
      return withoutNaN(negated(judgeBetween({ max: value }, kind)), kind);
    default:
      return operator satisfies never;
  }
}

/** The opposite of a range takes NaN in, which is not in any order. */
function withoutNaN(judge: Judge, kind: ColumnKind): Judge {
  return kind.floating ? anyOf(judge, judgeNaN) : judge;
}

/** Fails NaN. */
export const judgeNaN: Judge = ({ numbers }, from, to, fails) => {
  for (let i = from; i < to; i++) fails[i] = numbers[i]! === numbers[i]! ? 0 : 1;
};

/** Texts are ordered by their bytes in UTF-8, which is the order of code points. */
function judgeTextOrder(operator: 'lt' | 'le' | 'ge' | 'gt', value: Literal, kind: ColumnKind): Judge {
  if (typeof value !== 'string') throw new Misfit(`${value} is not a text, but the column is of type ${kind.name}`);
  const other = Buffer.from(value, 'utf8');
  const passes = orderTest(operator);
  return ({ bytes, offsets, offsetStride, valid }, from, to, fails) => {
    const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let i = from; i < to; i++) {
      if (valid !== null && valid[i] === 0) continue;
      const order = all.compare(other, 0, other.length, offsets[i * offsetStride], offsets[(i + 1) * offsetStride]);
      fails[i] = passes(order) ? 0 : 1;
    }
  };
}
