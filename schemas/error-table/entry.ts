/** Which retry budget an error is charged to. What each is worth is in `workflows/retry-budgets.ts`. */
export type ErrorCategory = 'input' | 'data' | 'code' | 'infrastructure' | 'preemption';

export interface ErrorEntry {
  category: ErrorCategory;
  /** Whether doing the same again can help. */
  retryable: boolean;
  /** When it is raised. */
  meaning: string;
  /** What the reader should do. */
  remedy: string;
}

export const entry = (category: ErrorCategory, retryable: boolean, meaning: string, remedy: string): ErrorEntry => ({
  category,
  retryable,
  meaning,
  remedy,
});
