import {
  GREATEST_SET,
  markedName,
  MillraceError,
  type LineageRecord,
  type LineageRecordOf,
  type Marked,
  type ModelVersionRef,
  type RecordResult,
} from '../../schemas/index.js';
import { digestOf } from '../digest.js';
import { compoundKey } from './compound-key.js';
import type { RemovalFacts } from './retention-queries.js';
import { marksOver, taintOf, versionsTold } from './taints.js';

/** What a record was given when it was accepted; kept with it, so that a repetition gets the same. */
export interface Answer {
  /** Number of a registered model. */
  modelVersion?: number;
  /** Generation of an endpoint. */
  generation?: number;
  /** Version that an alias stood for before; null: none. */
  aliasFrom?: number | null;
  /** Keys that a set of partitions did not have before, or had. */
  added?: string[];
  removed?: string[];
}

/** A record that is to be written. */
export interface AcceptedRecord {
  record: LineageRecord;
  digest: string;
  answer: Answer;
}

/** What is on record as far as a batch of records touches it. Keys of the maps are made by the functions below. */
export interface LedgerState {
  /** Digest and answer by idempotency key. */
  records: Map<string, { digest: string; answer: Answer }>;
  /** `dataset, partition, version` of each version that is on record. */
  datasetVersions: Set<string>;
  /** Numbers by digest, by model. */
  modelVersions: Map<string, Map<string, number>>;
  /** `model, digest` of those that were trained and are to be marked: one may be recalled before it is registered. */
  trainedModels: Set<string>;
  /** Version number by `model, alias`. */
  aliases: Map<string, number>;
  /** Generation in force by endpoint. */
  generations: Map<string, number>;
  /** Digests of the models that an endpoint serves now, by endpoint. */
  served: Map<string, readonly string[]>;
  /** Who put a mark there and why, by `mark, NAME`, the name as `markedName` has it. */
  marks: Map<string, string>;
  /** Number of keys of each dynamic set of partitions. */
  setSizes: Map<string, number>;
  /** `set, key` of each key that is in its set. */
  setKeys: Map<string, true>;
  /** What needs the versions that are to be removed. */
  removals: RemovalFacts;
}

/** Records by which a version may come to be needed. */
const MAY_NEED: ReadonlySet<LineageRecord['kind']> = new Set([
  ...(['alias_moved', 'endpoint_changed', 'model_registered', 'run_started', 'dataset_published'] as const),
]);

/**
 * Decides on records one request after the other: which are new, which are known, which contradict what is on record,
 * and which numbers they get. Changes its state as if each accepted record were written; a refused request leaves no trace.
 */
export class Ledger {
  private undo: (() => void)[] = [];
  /** A record of an earlier request, committed together with the next ones, by which a version may have come to be needed. */
  private unsettled: LineageRecord['kind'] | undefined;

  constructor(private readonly state: LedgerState) {}

  /**
   * Accepts the records of one request, all or none.
   * @throws LINEAGE_CONFLICT, DATASET_VERSION_NOT_FOUND or MODEL_NOT_FOUND, about the first record that cannot be accepted
   */
  accept(records: readonly LineageRecord[]): { results: RecordResult[]; accepted: AcceptedRecord[] } {
    this.undo = [];
    const accepted: AcceptedRecord[] = [];
    try {
      const results = records.map((record) => this.acceptOne(record, accepted));
      this.unsettled ??= accepted.find(({ record }) => MAY_NEED.has(record.kind))?.record.kind;
      return { results, accepted };
    } catch (error) {
      for (const step of this.undo.reverse()) step();
      throw error;
    }
  }

  private acceptOne(record: LineageRecord, accepted: AcceptedRecord[]): RecordResult {
    const digest = contentDigest(record);
    const known = this.state.records.get(record.key);
    if (known !== undefined) {
      if (known.digest === digest) return this.resultOf(record, 'known', known.answer);
      throw new MillraceError('LINEAGE_CONFLICT', `the key ${record.key} is on record with other content`);
    }
    const answer = this.answerTo(record);
    this.put(this.state.records, record.key, { digest, answer });
    accepted.push({ record, digest, answer });
    return this.resultOf(record, 'recorded', answer);
  }

  /** A taint is no part of the answer that is kept: it may be set or cleared at any time, and who asks again is told of it as it is then. */
  private resultOf(record: LineageRecord, status: RecordResult['status'], answer: Answer): RecordResult {
    const taint = taintOf(this.state.marks, versionsTold(record));
    return { ...resultOf(record.key, status, answer), ...(taint !== null && { taint }) };
  }

  private answerTo(record: LineageRecord): Answer {
    const { datasetVersions, modelVersions, aliases, generations } = this.state;
    switch (record.kind) {
      case 'dataset_version': {
        const { dataset, partition, version } = record.ref;
        const key = compoundKey(dataset, partition, version);
        if (!datasetVersions.has(key)) {
          datasetVersions.add(key);
          this.undo.push(() => datasetVersions.delete(key));
        }
        return {};
      }
      case 'dataset_published': {
        const { dataset, partition, version } = record;
        if (datasetVersions.has(compoundKey(dataset, partition, version))) return {};
        throw new MillraceError(
          'DATASET_VERSION_NOT_FOUND',
          `${dataset}, partition ${partition}: version ${version} is not on record and cannot be published`,
        );
      }
      case 'model_trained': {
        const { trainedModels } = this.state;
        const key = compoundKey(record.ref.model, record.ref.digest);
        if (!trainedModels.has(key)) {
          trainedModels.add(key);
          this.undo.push(() => trainedModels.delete(key));
        }
        return {};
      }
      case 'model_registered': {
        const numbers = modelVersions.get(record.ref.model) ?? new Map<string, number>();
        modelVersions.set(record.ref.model, numbers);
        const given = numbers.get(record.ref.digest);
        if (given !== undefined) return { modelVersion: given };
        const modelVersion = Math.max(0, ...numbers.values()) + 1;
        this.put(numbers, record.ref.digest, modelVersion);
        return { modelVersion };
      }
      case 'alias_moved': {
        const { model, alias, version } = record;
        if (version !== null && ![...(modelVersions.get(model)?.values() ?? [])].includes(version)) {
          throw new MillraceError(
            'MODEL_NOT_FOUND',
            `${model} has no version ${version} that ${alias} could stand for`,
          );
        }
        const key = compoundKey(model, alias);
        const aliasFrom = aliases.get(key) ?? null;
        if (version !== null && version !== aliasFrom && record.force === undefined) {
          const [digest] = [...(modelVersions.get(model) ?? [])].find(([, number]) => number === version) ?? [];
          this.refuseTainted(model, digest, `${alias} cannot be moved to v${version}`);
        }
        this.put(aliases, key, version ?? undefined);
        return { aliasFrom };
      }
      case 'endpoint_changed': {
        const { endpoint, expectedGeneration, stable, canary } = record;
        const inForce = generations.get(endpoint) ?? 0;
        if (inForce !== expectedGeneration) {
          throw new MillraceError(
            'LINEAGE_CONFLICT',
            `endpoint ${endpoint} is at generation ${inForce}, the change expected ${expectedGeneration}`,
          );
        }
        for (const ref of [stable, canary]) if (ref !== null) this.requireRegistered(ref, endpoint);
        this.refuseTaintedTraffic(record);
        this.put(generations, endpoint, inForce + 1);
        return { generation: inForce + 1 };
      }
      case 'mark_set': {
        this.requireMarked(record.on);
        this.put(
          this.state.marks,
          compoundKey(record.mark, markedName(record.on)),
          `${record.actor}: ${record.reason}`,
        );
        return {};
      }
      case 'mark_lifted': {
        const key = compoundKey(record.mark, markedName(record.on));
        if (!this.state.marks.has(key)) {
          throw new MillraceError('NOT_FOUND', `there is no ${record.mark} on ${markedName(record.on)}`);
        }
        this.put(this.state.marks, key, undefined);
        return {};
      }
      case 'version_removed':
        this.refuseHeld(record);
        this.refuseNeeded(record);
        return {};
      case 'partitions_changed':
        return this.changeSet(record);
      default:
        return {};
    }
  }

  /** Only what changes something is kept, so that asking again does nothing. */
  private changeSet({ set, add, remove }: LineageRecordOf<'partitions_changed'>): Answer {
    const { setKeys, setSizes } = this.state;
    const has = (key: string) => setKeys.has(compoundKey(set, key));
    const added = [...new Set(add)].filter((key) => !has(key));
    const removed = [...new Set(remove)].filter(has);
    const before = setSizes.get(set) ?? 0;
    const size = before + added.length - removed.length;
    if (size > GREATEST_SET && added.length > 0) {
      const message = `the set ${set} has ${before} keys and cannot take ${added.length} more; a set has at most ${GREATEST_SET}`;
      throw new MillraceError('INPUT_INVALID', message, { problems: [{ path: 'add', message }] });
    }
    for (const key of added) this.put(setKeys, compoundKey(set, key), true);
    for (const key of removed) this.put(setKeys, compoundKey(set, key), undefined);
    this.put(setSizes, set, size);
    return { added, removed };
  }

  private requireMarked(on: Marked): void {
    if (on.kind === 'model') {
      if (this.state.modelVersions.get(on.model)?.has(on.digest)) return;
      if (this.state.trainedModels.has(compoundKey(on.model, on.digest))) return;
      throw new MillraceError('MODEL_NOT_FOUND', `${on.model} has no version with the digest ${on.digest}`);
    }
    const { dataset, partition, version } = on;
    if (version === null || this.state.datasetVersions.has(compoundKey(dataset, partition ?? '', version))) return;
    throw new MillraceError('DATASET_VERSION_NOT_FOUND', `${markedName(on)} is not on record`);
  }

  /** A pin or hold that came after the plan was made still counts. */
  private refuseHeld({ ref }: LineageRecordOf<'version_removed'>): void {
    for (const mark of ['hold', 'pin']) {
      for (const on of marksOver(ref)) {
        const why = this.state.marks.get(compoundKey(mark, markedName(on)));
        if (why === undefined) continue;
        throw new MillraceError(
          'VERSION_HELD',
          `${markedName({ kind: 'dataset', dataset: ref.dataset, partition: ref.partition, version: ref.version })}: ${mark} on ${markedName(on)} by ${why}`,
        );
      }
    }
  }

  /** So do a model that was put into service, an alias that was moved, a run that began, and a version that was published again. */
  private refuseNeeded({ ref, published }: LineageRecordOf<'version_removed'>): void {
    const name = markedName({ kind: 'dataset', dataset: ref.dataset, partition: ref.partition, version: ref.version });
    if (this.unsettled !== undefined) {
      throw new MillraceError('VERSION_HELD', `${name}: a record ${this.unsettled} came at the same moment`);
    }
    const facts = this.state.removals.get(compoundKey(ref.dataset, ref.partition, ref.version));
    const [need] = facts?.needs ?? [];
    if (need !== undefined) throw new MillraceError('VERSION_HELD', `${name}: ${need}`);
    if (published === false && facts?.published === true) {
      throw new MillraceError('VERSION_HELD', `${name} was published after that was decided`);
    }
  }

  /** What an endpoint serves already may stay: traffic must be movable away from it. */
  private refuseTaintedTraffic({ endpoint, stable, canary, force }: LineageRecordOf<'endpoint_changed'>): void {
    if (force === undefined) {
      const served = this.state.served.get(endpoint) ?? [];
      for (const ref of [stable, canary]) {
        if (ref === null || served.includes(ref.digest)) continue;
        this.refuseTainted(ref.model, ref.digest, `endpoint ${endpoint} cannot serve v${ref.version}`);
      }
    }
    const digests = [stable, canary].flatMap((ref) => (ref === null ? [] : [ref.digest]));
    this.put(this.state.served, endpoint, digests);
  }

  private refuseTainted(model: string, digest: string | undefined, what: string): void {
    if (digest === undefined) return;
    const why = this.state.marks.get(compoundKey('taint', markedName({ kind: 'model', model, digest })));
    if (why !== undefined) throw new MillraceError('MODEL_TAINTED', `${model}: ${what}, recalled by ${why}`);
  }

  private requireRegistered(ref: ModelVersionRef, endpoint: string): void {
    if (this.state.modelVersions.get(ref.model)?.get(ref.digest) === ref.version) return;
    throw new MillraceError(
      'MODEL_NOT_FOUND',
      `endpoint ${endpoint}: ${ref.model} has no version ${ref.version} with the digest ${ref.digest}`,
    );
  }

  /** Sets or deletes a member of a map in such a way that it can be taken back. */
  private put<V>(map: Map<string, V>, key: string, value: V | undefined): void {
    const before = map.get(key);
    const set = (to: V | undefined) => (to === undefined ? map.delete(key) : map.set(key, to));
    this.undo.push(() => set(before));
    set(value);
  }
}

/**
 * What makes two records the same. The writer’s clock does not: a workflow task that the server turned down runs again a
 * moment later, and commits the same fact with another time. The first one stays.
 */
export function contentDigest(record: LineageRecord): string {
  const clock = new Set(['at', 'startedAt']);
  return digestOf(Object.fromEntries(Object.entries(record).filter(([field]) => !clock.has(field))));
}

function resultOf(key: string, status: RecordResult['status'], answer: Answer): RecordResult {
  const { modelVersion, generation, added, removed } = answer;
  return {
    key,
    status,
    ...(modelVersion === undefined ? {} : { modelVersion }),
    ...(generation === undefined ? {} : { generation }),
    ...(added === undefined ? {} : { added: added.length }),
    ...(removed === undefined ? {} : { removed: removed.length }),
  };
}
