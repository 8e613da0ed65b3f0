import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { Client } from 'pg';
import { freePorts } from '../../workers/embedded/ports.js';

const DEBIAN = '/usr/lib/postgresql';

/** Folder with `initdb` and `postgres`: on the PATH, or where Debian puts them; undefined if PostgreSQL is not installed. */
export function findPostgres(): string | undefined {
  const debian = existsSync(DEBIAN) ? readdirSync(DEBIAN).map((version) => join(DEBIAN, version, 'bin')) : [];
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...debian];
  return folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')));
}

/** A real PostgreSQL with a folder of its own. */
export interface PostgresServer {
  /** Address of a database, with the password. */
  url(user?: string, password?: string): string;
  /** Runs statements as the superuser. */
  run(...statements: string[]): Promise<void>;
  close(): Promise<void>;
}

export async function startPostgres(bin: string): Promise<PostgresServer> {
  const root = mkdtempSync(join(tmpdir(), 'postgres-'));
  // PostgreSQL refuses to run as root; every machine with it has somebody else.
  const as = process.getuid?.() === 0 ? { uid: idOf('-u'), gid: idOf('-g') } : {};
  if (as.uid !== undefined) chownSync(root, as.uid, as.gid);
  const data = join(root, 'data');
  const env = { ...process.env, LC_ALL: 'C', TZ: 'America/New_York' };
  execFileSync(join(bin, 'initdb'), ['-D', data, '-U', 'millrace', '--auth=trust', '-E', 'UTF8', '--no-sync'], {
    ...as,
    env,
    cwd: root,
    stdio: 'ignore',
  });
  const [port = 0] = await freePorts(1);
  const settings = ['-c', 'fsync=off', '-c', 'listen_addresses=127.0.0.1', '-c', `unix_socket_directories=${root}`];
  const server: ChildProcess = spawn(join(bin, 'postgres'), ['-D', data, '-p', String(port), ...settings], {
    ...as,
    env,
    cwd: root,
    stdio: 'ignore',
  });
  const url = (user = 'millrace', password = 'none') => `postgresql://${user}:${password}@127.0.0.1:${port}/postgres`;

  async function run(...statements: string[]): Promise<void> {
    const client = new Client({ connectionString: url() });
    try {
      await client.connect();
      for (const statement of statements) await client.query(statement);
    } finally {
      await client.end();
    }
  }

  for (let waited = 0; ; waited += 1) {
    try {
      await run('SELECT 1');
      break;
    } catch (error) {
      if (waited === 300 || server.exitCode !== null) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  return {
    url,
    run,
    async close() {
      const ended = once(server, 'exit');
      server.kill('SIGINT');
      await ended;
      await rm(root, { recursive: true, force: true });
    },
  };
}

function idOf(option: '-u' | '-g'): number {
  for (const user of ['postgres', 'nobody']) {
    try {
      return Number(execFileSync('id', [option, user], { stdio: ['ignore', 'pipe', 'ignore'] }));
    } catch {
      // The next one.
    }
  }
  throw new Error('there is no user to run PostgreSQL as');
}
