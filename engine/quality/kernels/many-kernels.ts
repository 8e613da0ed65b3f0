import type { CheckState } from '../states.js';
import type { Batch, Kernel } from './kernel.js';

/** Several questions at once, by name. */
export class ManyKernels implements Kernel {
  constructor(private readonly kernels: ReadonlyMap<string, Kernel>) {}

  update(batch: Batch): void {
    for (const kernel of this.kernels.values()) kernel.update(batch);
  }

  state(): CheckState {
    const states = Object.fromEntries([...this.kernels].map(([name, kernel]) => [name, kernel.state()]));
    return { kind: 'many', states };
  }
}
