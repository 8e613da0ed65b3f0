import type { Problem } from '../../../schemas/problems.js';
import {
  compileCondition,
  columnsOfText,
  ExpressionError,
  parseExpression,
  type Condition,
} from '../expression/index.js';
import type { CheckState } from '../states.js';
import type { ColumnKind } from '../column-kind.js';
import type { Batch, CheckDefinition, CheckOf, Kernel } from './kernel.js';
import { judgeShare, ShareCounter, withMostly } from './row-check.js';

class ExpressionCheck implements Kernel {
  private readonly count = new ShareCounter();
  private fails = new Uint8Array(0);

  constructor(
    private readonly condition: Condition,
    private readonly columns: readonly string[],
  ) {}

  update(batch: Batch): void {
    const truths = this.condition(batch);
    if (this.fails.length < batch.rows) this.fails = new Uint8Array((batch.rows + 3) & ~3);
    let judged = 0;
    for (let i = 0; i < batch.rows; i++) {
      judged += truths[i] === 2 ? 0 : 1;
      this.fails[i] = truths[i] === 0 ? 1 : 0;
    }
    this.count.add(batch, judged, this.fails, this.columns);
  }

  state(): CheckState {
    return this.count.state();
  }
}

/** As a CHECK constraint in SQL: rows for which it is unknown, because of a null, are passed over. NaN compares as false. */
export const expression: CheckDefinition<CheckOf<'expression'>> = {
  indexTexts: true,
  columns: (check) => columnsOfText(check.expression),
  problems: (check) => expressionProblems(check.expression, 'expression'),
  start(check, kinds) {
    const columns = columnsOfText(check.expression);
    const types = new Map<string, ColumnKind>(columns.map((column, i) => [column, kinds[i]!]));
    return new ExpressionCheck(compileCondition(parseExpression(check.expression), types), columns);
  },
  threshold: (check) => withMostly(check.expression, check),
  judge: judgeShare,
};

/** What is wrong with the text of an expression. */
export function expressionProblems(text: string, path: string): Problem[] {
  try {
    parseExpression(text);
    return [];
  } catch (error) {
    if (error instanceof ExpressionError) return [{ path, message: `is not a valid expression: ${error.message}` }];
    throw error;
  }
}
