/** A key of several parts. */
export const compoundKey = (...parts: string[]): string => JSON.stringify(parts);
