/**
 * Loaded before everything else of the sandbox, and frozen with it. Temporal’s SDK makes an error for every promise, to
 * show where an execution waits, and looks up the source of each of its frames: with the ten that there are by default
 * that is half of what hundreds of steps side by side take. Of an error there are still the two places nearest to it.
 */
Error.stackTraceLimit = 2;

export {};
