/** What a command’s exit code says: 0 yes or done, 1 the answer is no, 2 it could not be done. */
export const EXIT = { done: 0, no: 1, impossible: 2, interrupted: 130 } as const;
