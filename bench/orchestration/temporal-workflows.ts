import { proxyActivities, proxyLocalActivities } from '@temporalio/workflow';

/** As the samples of Temporal have it. */
const ordinary = proxyActivities<{ nothing(): Promise<null> }>({ startToCloseTimeout: '1 minute' });
const local = proxyLocalActivities<{ nothing(): Promise<null> }>({ startToCloseTimeout: '1 minute' });

/** Steps one after the other. */
export async function chain(steps: number, how: 'ordinary' | 'local'): Promise<void> {
  const { nothing } = how === 'local' ? local : ordinary;
  for (let step = 0; step < steps; step++) await nothing();
}

/** Steps side by side. */
export async function fanOut(steps: number, how: 'ordinary' | 'local'): Promise<void> {
  const { nothing } = how === 'local' ? local : ordinary;
  await Promise.all(Array.from({ length: steps }, () => nothing()));
}
