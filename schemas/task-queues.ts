/** The roles of workers; each has the task queue of its name. */
export const WORKER_ROLES = ['orchestration', 'data', 'training', 'rollout', 'lineage'] as const;

/** A role of a worker, and the name of its task queue. */
export type WorkerRole = (typeof WORKER_ROLES)[number];

/** The queue of a role, or of a part of it that a step asks for by tag: `training-gpu`. */
export function taskQueue(role: WorkerRole, tag?: string): string {
  return tag === undefined ? role : `${role}-${tag}`;
}

/** How much longer than an activity’s own limit Temporal’s is, in milliseconds. */
export const TIME_LIMIT_GRACE_MS = 30_000;
