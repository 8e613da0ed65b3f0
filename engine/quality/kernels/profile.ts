import { DatasetProfiler } from '../profile/profiler.js';
import type { Field } from '../column-kind.js';
import type { CheckState } from '../states.js';
import type { Batch, Kernel } from './kernel.js';

/** Profiles of some columns of a dataset. */
export class ProfileKernel implements Kernel {
  private readonly profiler: DatasetProfiler;

  constructor(fields: readonly Field[]) {
    this.profiler = new DatasetProfiler(fields);
  }

  update(batch: Batch): void {
    this.profiler.update(batch);
  }

  state(): CheckState {
    return { kind: 'profile', profile: this.profiler.profile() };
  }
}
