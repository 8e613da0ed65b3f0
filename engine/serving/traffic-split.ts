import { createHash } from 'node:crypto';
import type { Arm } from '../../schemas/index.js';

/** Number of buckets that traffic falls into: a weight has a resolution of 0.0001 %. */
export const SPLIT_BUCKETS = 1_000_000;

/**
 * Bucket of an entity at an endpoint, from 0 to SPLIT_BUCKETS - 1. The endpoint's name is the salt, so that the entities
 * that try the canaries of one endpoint are not those that try the canaries of every other.
 */
export function bucketOf(endpoint: string, entityKey: string): number {
  const hash = createHash('sha256').update(`${endpoint}\0${entityKey}`).digest();
  return hash.readUIntBE(0, 6) % SPLIT_BUCKETS;
}

/**
 * Which version answers. The canary has the buckets below its weight, so that a higher weight only adds entities to it
 * and an entity stays where it is as long as the weight does.
 * @param split `weight` of the canary in percent; `entityKey` of the request; without one, `random` in [0, 1) decides
 */
export function chooseArm(split: { endpoint: string; weight: number; entityKey?: string; random: number }): Arm {
  const bucket =
    split.entityKey === undefined
      ? Math.floor(split.random * SPLIT_BUCKETS)
      : bucketOf(split.endpoint, split.entityKey);
  return bucket < (split.weight / 100) * SPLIT_BUCKETS ? 'canary' : 'stable';
}
