import { setImmediate as turn } from 'node:timers/promises';
import { CommitQueue, type Outcome } from '../../../engine/lineage/commit-queue.js';
import { ModelServers } from '../../../engine/lineage/model-servers.js';

describe('the commit queue', () => {
  it('commits together what comes while a commit is under way, within the size of a group', async () => {
    const groups: string[] = [];
    const queue = new CommitQueue<string, string>(async (items) => {
      groups.push(items.join(''));
      await turn();
      return items.map((value) => ({ value }));
    }, 3);
    const first = queue.submit('a', 1);
    await Promise.resolve();
    await Promise.resolve();
    const rest = ['b', 'c', 'D', 'e', 'f'].map((item) => queue.submit(item, item === 'D' ? 9 : 1));
    expect(await Promise.all([first, ...rest])).toEqual(['a', 'b', 'c', 'D', 'e', 'f']);
    expect(groups).toEqual(['a', 'bc', 'D', 'ef']);
  });

  it('gives each item its own outcome, and a commit of its own where the common one fails', async () => {
    const commit = async (items: readonly number[]): Promise<Outcome<number>[]> => {
      if (items.includes(13)) throw new Error('thirteen');
      return items.map((item) => (item < 0 ? { error: new Error('negative') } : { value: item * 2 }));
    };
    const queue = new CommitQueue(commit, 100);
    const outcomes = await Promise.allSettled([1, -1, 13, 2].map((item) => queue.submit(item, 1)));
    expect(
      outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : (outcome.reason as Error).message)),
    ).toEqual([2, 'negative', 'thirteen', 4]);
  });

  it('is idle once everything that was submitted is answered', async () => {
    let committed = 0;
    const queue = new CommitQueue<number, void>(async (items) => {
      await turn();
      committed += items.length;
      return items.map(() => ({ value: undefined }));
    }, 1);
    void Promise.all([queue.submit(1, 1), queue.submit(2, 1), queue.submit(3, 1)]);
    await queue.idle();
    expect(committed).toBe(3);
  });
});

describe('model servers', () => {
  it('are forgotten five seconds after the last that was heard of them', () => {
    let now = 0;
    const servers = new ModelServers(() => now);
    const status = (serverId: string) => ({ serverId, url: 'http://127.0.0.1:1', endpoints: [] });
    servers.report(status('b'));
    now = 3000;
    servers.report(status('a'));
    now = 5000;
    expect(servers.list().map(({ serverId }) => serverId)).toEqual(['a', 'b']);
    now = 5001;
    expect(servers.list().map(({ serverId }) => serverId)).toEqual(['a']);
    now = 8001;
    expect(servers.list()).toEqual([]);
  });
});
