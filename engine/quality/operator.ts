/** How two values are compared. */
export type Operator = 'lt' | 'le' | 'eq' | 'ne' | 'ge' | 'gt';

export const OPERATOR_SIGNS: Record<Operator, string> = { lt: '<', le: '<=', eq: '=', ne: '!=', ge: '>=', gt: '>' };

/** Whether the sign of an order (left minus right) is that of an operator. */
export function orderTest(operator: Operator): (order: number) => boolean {
  const tests: Record<Operator, (order: number) => boolean> = {
    lt: (order) => order < 0,
    le: (order) => order <= 0,
    eq: (order) => order === 0,
    ne: (order) => order !== 0,
    ge: (order) => order >= 0,
    gt: (order) => order > 0,
  };
  return tests[operator];
}
