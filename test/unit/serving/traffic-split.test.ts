import fc from 'fast-check';
import { bucketOf, chooseArm, SPLIT_BUCKETS } from '../../../engine/serving/index.js';

const weights = fc.double({ min: 0, max: 100, noNaN: true });
const chances = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('chooseArm', () => {
  it.each([1, 5, 25, 50, 95])('gives the canary %d %% of the entities', (weight) => {
    const entities = 20_000;
    let canary = 0;
    for (let entity = 0; entity < entities; entity += 1) {
      if (chooseArm({ endpoint: 'delay', weight, entityKey: `user-${entity}`, random: 0 }) === 'canary') canary += 1;
    }
    // Five standard deviations of a binomial.
    const share = weight / 100;
    expect(Math.abs(canary / entities - share)).toBeLessThan(5 * Math.sqrt((share * (1 - share)) / entities));
  });

  it('only adds entities to the canary when the weight is raised', () => {
    fc.assert(
      fc.property(fc.string(), weights, weights, (entityKey, a, b) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)];
        const arm = (weight: number) => chooseArm({ endpoint: 'delay', weight, entityKey, random: 0 });
        if (arm(low) === 'canary') expect(arm(high)).toBe('canary');
      }),
    );
  });

  it('keeps an entity where it is, whatever chance says', () => {
    fc.assert(
      fc.property(fc.string(), weights, chances, (entityKey, weight, random) => {
        const choose = (chance: number) => chooseArm({ endpoint: 'delay', weight, entityKey, random: chance });
        expect(choose(random)).toBe(choose(0));
      }),
    );
  });

  it('gives nobody to a canary of 0 % and everybody to one of 100 %', () => {
    fc.assert(
      fc.property(fc.option(fc.string(), { nil: undefined }), chances, (entityKey, random) => {
        expect(chooseArm({ endpoint: 'delay', weight: 0, entityKey, random })).toBe('stable');
        expect(chooseArm({ endpoint: 'delay', weight: 100, entityKey, random })).toBe('canary');
      }),
    );
  });

  it('lets chance decide without an entity', () => {
    expect(chooseArm({ endpoint: 'delay', weight: 25, random: 0.2499999 })).toBe('canary');
    expect(chooseArm({ endpoint: 'delay', weight: 25, random: 0.25 })).toBe('stable');
  });

  it('does not try the canaries of two endpoints on the same entities', () => {
    let both = 0;
    for (let entity = 0; entity < 5_000; entity += 1) {
      const inCanary = (endpoint: string) => bucketOf(endpoint, `user-${entity}`) < 0.1 * SPLIT_BUCKETS;
      if (inCanary('delay') && inCanary('prices')) both += 1;
    }
    expect(both / 5_000).toBeLessThan(0.03);
  });

  it('never changes the bucket of an entity between releases', () => {
    expect(bucketOf('delay', 'user-1')).toBe(804_721);
  });
});
