import fc from 'fast-check';
import { OneAtATime } from '../../../workflows/one-at-a-time.js';

/** A call that ends when it is told to. */
function opened(calls: OneAtATime, name: string, log: string[], cancelled?: Promise<never>) {
  let end = (): void => undefined;
  const told = new Promise<void>((resolve) => (end = resolve));
  const done = calls.run(async () => {
    log.push(`${name} begins`);
    await told;
    log.push(`${name} ends`);
  }, cancelled);
  return { end, done };
}

/** As that of a scope of Temporal: nobody has to look at it. */
function cancelledBy(message: string): Promise<never> {
  const cancelled = Promise.reject<never>(new Error(message));
  cancelled.catch(() => undefined);
  return cancelled;
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('calls that come one at a time', () => {
  it('are in their order, though a new one comes between the end of one and the moment at which the next goes on', async () => {
    const calls = new OneAtATime(() => 'for-its-turn');
    const log: string[] = [];
    const first = opened(calls, 'first', log);
    const second = opened(calls, 'second', log);
    // At each of the first moments after the end of the first, whichever of them is the one in between.
    const newcomers = [];
    first.end();
    for (let moment = 0; moment < 6; moment += 1) {
      newcomers.push(opened(calls, `late ${moment}`, log));
      await Promise.resolve();
    }
    second.end();
    for (const { end } of newcomers) end();
    await Promise.all([first.done, second.done, ...newcomers.map(({ done }) => done)]);
    const names = ['first', 'second', ...newcomers.map((_, moment) => `late ${moment}`)];
    expect(log).toEqual(names.flatMap((name) => [`${name} begins`, `${name} ends`]));
  });

  it('are never two at once, and none is forgotten, whatever fails and whoever is cancelled while it waits', async () => {
    const fates = fc.array(fc.constantFrom('ends', 'fails', 'cancelled'), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(fates, async (fate) => {
        const calls = new OneAtATime(() => 'for-its-turn');
        const begun: number[] = [];
        let atWork = 0;
        const outcomes = fate.map((kind, index) =>
          calls.run(
            async () => {
              begun.push(index);
              expect(++atWork).toBe(1);
              await settled();
              atWork -= 1;
              if (kind === 'fails') throw new Error(`${index} failed`);
            },
            kind === 'cancelled' ? cancelledBy(`${index} cancelled`) : undefined,
          ),
        );
        const results = await Promise.allSettled(outcomes);
        // The first does not wait, and is told by its work.
        const expected = fate.map((kind, index) => (index === 0 && kind === 'cancelled' ? 'ends' : kind));
        expect(begun).toEqual(expected.flatMap((kind, index) => (kind === 'cancelled' ? [] : [index])));
        expect(results.map((one) => (one.status === 'fulfilled' ? 'ends' : (one.reason as Error).message))).toEqual(
          expected.map((kind, index) => (kind === 'ends' ? 'ends' : `${index} ${kind === 'fails' ? 'failed' : kind}`)),
        );
        expect(await calls.run(async () => 'free')).toBe('free');
      }),
    );
  });

  it('wait no longer where they are cancelled, while the one before them is still at work', async () => {
    const calls = new OneAtATime(() => 'for-its-turn');
    const log: string[] = [];
    const first = opened(calls, 'first', log);
    const second = opened(calls, 'second', log, cancelledBy('cancelled'));
    const third = opened(calls, 'third', log);
    await expect(second.done).rejects.toThrow('cancelled');
    third.end();
    first.end();
    await Promise.all([first.done, third.done]);
    expect(log).toEqual(['first begins', 'first ends', 'third begins', 'third ends']);
  });
});
