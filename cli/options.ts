import { InvalidArgumentError, Option, type Command } from 'commander';
import type { CacheMode } from '../schemas/cache.js';

/** Options of commands that talk to something which runs. */
export interface TargetOptions {
  dataDir?: string;
  address?: string;
  namespace?: string;
  profile?: string;
  lineageUrl?: string;
}

/** `--json`, which every command has. */
export interface JsonOption {
  json?: boolean;
}

export const DEFAULT_DATA_DIR = '.millrace';

export const jsonOption = () => new Option('--json', 'write one JSON value to standard output');

export const configOption = () =>
  new Option('--config <file>', 'configuration file (default: millrace.config.ts in the current folder)');

export const dataDirOption = () =>
  new Option('--data-dir <folder>', `folder of all data (default: MILLRACE_DATA_DIR, else ${DEFAULT_DATA_DIR})`);

/** `--cache use`, `--cache refresh` or `--no-cache`. */
export interface CacheOptions {
  cache?: 'use' | 'refresh' | false;
}

/** Adds the options that say how runs use what others computed. */
export function addCacheOptions(command: Command, byDefault: string): Command {
  return command
    .addOption(
      new Option(
        '--cache <mode>',
        `use: reuse what other runs computed; refresh: compute every step, for others too (default: ${byDefault})`,
      ).choices(['use', 'refresh']),
    )
    .option('--no-cache', 'compute every step, and keep nothing for other runs');
}

/** The mode that was asked for. */
export function cacheMode({ cache }: CacheOptions): CacheMode | undefined {
  return cache === false ? 'off' : cache;
}

/** Adds the options that say where Temporal and the lineage owner are; see `resolveTarget`. */
export function addTargetOptions(command: Command): Command {
  return command
    .addOption(dataDirOption())
    .option('--address <host:port>', 'Temporal server (default: TEMPORAL_ADDRESS, profile, or the running `dev`)')
    .option('--namespace <name>', 'Temporal namespace (default: TEMPORAL_NAMESPACE, profile, or `default`)')
    .option('--profile <name>', 'profile in temporal.toml (default: TEMPORAL_PROFILE)')
    .option('--lineage-url <url>', 'lineage owner (default: MILLRACE_LINEAGE_URL, or the running `dev`)');
}

/** Adds the options that say where data on record are, for commands that need nothing else that runs. */
export function addRecordOptions(command: Command): Command {
  return command
    .addOption(dataDirOption())
    .option(
      '--lineage-url <url>',
      'lineage owner, for names of data on record (default: MILLRACE_LINEAGE_URL, or the running `dev`)',
    )
    .addOption(configOption());
}

export function portOption(flag: string, what: string): Option {
  return new Option(`${flag} <port>`, `port of ${what}`).argParser(parsePort);
}

export function parsePort(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port < 65_536) return port;
  throw new InvalidArgumentError('must be a port from 0 to 65535');
}

export function parseCount(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count > 0 && count <= 1000) return count;
  throw new InvalidArgumentError('must be a whole number from 1 to 1000');
}

export function parsePriority(text: string): number {
  const priority = Number(text);
  if (Number.isInteger(priority) && priority >= 1 && priority <= 5) return priority;
  throw new InvalidArgumentError('must be a whole number from 1 to 5');
}

/** A reason for the record. */
export function parseReason(text: string): string {
  if (text.length >= 3 && text.length <= 500) return text;
  throw new InvalidArgumentError('must have 3 to 500 characters');
}
