import { Misfit } from '../literals.js';
import type { CheckDefinition, CheckOf } from './kernel.js';
import { judgeShare, RowCheck, withMostly } from './row-check.js';

/** NaN and the infinities fail; nulls are passed over. Columns of integers and decimals pass. */
export const finite: CheckDefinition<CheckOf<'finite'>> = {
  columns: (check) => [check.column],
  start(check, [kind]) {
    if (!['number', 'integer', 'decimal'].includes(kind!.domain)) {
      throw new Misfit(`a column of type ${kind!.name} holds no numbers`);
    }
    const { floating } = kind!;
    return new RowCheck(check.column, ({ numbers }, from, to, fails) => {
      for (let i = from; i < to; i++) fails[i] = floating && !Number.isFinite(numbers[i]!) ? 1 : 0;
    });
  },
  threshold: (check) => withMostly('finite', check),
  judge: judgeShare,
};
