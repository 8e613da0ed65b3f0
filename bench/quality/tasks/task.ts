import type { Engine, TaskName } from '../engine.js';

/** What engines are compared at. */
export interface Task<Input extends object = object> {
  name: TaskName;
  /** As the heading of its table. */
  title: string;
  /** Millrace first; then what hand-written code can reach, and libraries as their users call them. */
  engines: readonly Engine<Input>[];
  /** What every engine must get right before it is timed, so that none is fast by looking away. */
  proofs(folder: string, rows: number): Promise<Input[]>;
  /** What is timed, with so many flights. */
  subject(folder: string, rows: number): Promise<Input>;
}
