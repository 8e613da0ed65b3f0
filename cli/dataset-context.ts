import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import type { ObjectStore } from '../engine/datasets/index.js';
import { createLineageClient, type LineageClient } from '../engine/lineage/index.js';
import { defaultStore } from '../workers/stores.js';
import { interruption } from './interruption.js';
import { addTargetOptions, configOption, jsonOption, type JsonOption, type TargetOptions } from './options.js';
import { printJson } from './output.js';
import { configOrDefault } from './project-config.js';
import { requireLineageUrl, resolveTarget } from './target.js';

/** Options of every `millrace dataset` command. */
export interface DatasetOptions extends TargetOptions, JsonOption {
  config?: string;
}

/** What the commands work with. */
export interface DatasetContext {
  lineage: LineageClient;
  /** Opened when it is needed: a listing does without. */
  store: () => Promise<ObjectStore>;
  scratchDir: string;
  signal: AbortSignal;
}

/** Adds a command with the options that all of them have. */
export function addDatasetCommand(
  parent: Command,
  name: string,
  description: string,
  build: (command: Command) => Command,
): void {
  const command = parent.command(name).description(description);
  build(addTargetOptions(command).addOption(configOption()).addOption(jsonOption()));
}

export async function lineageOf(options: DatasetOptions): Promise<LineageClient> {
  return createLineageClient({ url: requireLineageUrl(await resolveTarget(options)), timeoutMs: 60_000 });
}

export async function withContext(
  options: DatasetOptions,
  work: (context: DatasetContext) => Promise<void>,
): Promise<void> {
  const target = await resolveTarget(options);
  const lineage = createLineageClient({ url: requireLineageUrl(target), timeoutMs: 60_000 });
  const store = async () => defaultStore((await configOrDefault(options.config)).config.stores, target.dataDir);
  const scratchDir = await mkdtemp(join(tmpdir(), 'millrace-dataset-'));
  try {
    await work({ lineage, store, scratchDir, signal: interruption() });
  } finally {
    await rm(scratchDir, { recursive: true, force: true });
  }
}

export function print({ json }: JsonOption, value: unknown, words: () => string): void {
  if (json) printJson(value);
  else console.log(words());
}
