import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

export const ROOT = join(__dirname, '..', '..', '..');

interface Dependency {
  condition: 'service_started' | 'service_healthy' | 'service_completed_successfully';
}

interface Mount {
  type: string;
  source?: string;
  target: string;
  read_only?: boolean;
}

/** What the tests read of a service; the file is written in the long forms only. */
export interface Service {
  image?: string;
  build?: { context: string; target: string };
  command?: string[];
  entrypoint?: string[];
  environment?: Record<string, string>;
  depends_on?: Record<string, Dependency>;
  healthcheck?: { test: string[] };
  volumes?: Mount[];
  tmpfs?: string[];
  networks?: string[];
  secrets?: string[];
  configs?: { source: string; target: string }[];
  ports?: string[];
  profiles?: string[];
  restart?: string;
  read_only?: boolean;
  init?: boolean;
  cap_drop?: string[];
  security_opt?: string[];
  stop_grace_period?: string;
  deploy: { replicas?: number; resources: { limits: { cpus: string; memory: string; pids: number } } };
}

export interface ComposeFile {
  services: Record<string, Service>;
  networks: Record<string, { internal?: boolean } | null>;
  volumes: Record<string, unknown>;
  secrets: Record<string, { file: string }>;
  configs: Record<string, { file: string }>;
}

export function readYaml(path: string): unknown {
  return parse(readFileSync(join(ROOT, path), 'utf8'), { merge: true });
}

export const compose = readYaml('docker-compose.yml') as ComposeFile;

export const services = Object.entries(compose.services);

/** Services that run the images of the Dockerfile. */
export const ownServices = services.filter(([, service]) => service.build !== undefined);

/** `512m`, `2g` in MiB. */
export function mebibytes(size: string): number {
  const [, count = '', unit = ''] = /^(\d+)([mg])$/.exec(size) ?? [];
  return Number(count) * (unit === 'g' ? 1024 : 1);
}
