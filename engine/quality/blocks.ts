/**
 * Rows that a hot loop goes through in one call. One call for a whole column is replaced by V8 while it runs, with code that knows
 * nothing of what follows the loop and is given up there, each time anew; a function that is called often is compiled as a whole.
 */
export const BLOCK_ROWS = 4096;
