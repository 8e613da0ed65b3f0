import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { isProcessAlive } from '../../engine/process-alive.js';

/** A process, told apart from a later one that got the same id. */
export interface ProcessIdentity {
  pid: number;
  /** When the process began, in the words of the operating system; empty where it does not say. */
  began: string;
}

/** Identity of a running process; null if there is none of that id. A zombie counts as gone: it holds nothing any more. */
export function identify(pid: number): ProcessIdentity | null {
  if (!isProcessAlive(pid)) return null;
  const began = process.platform === 'linux' ? beganOnLinux(pid) : beganByPs(pid);
  return began === null ? null : { pid, began };
}

/** Whether that very process still runs. */
export function isRunning(identity: ProcessIdentity): boolean {
  const now = identify(identity.pid);
  return now !== null && (now.began === '' || identity.began === '' || now.began === identity.began);
}

/** Sends a signal to every process of the group that a process leads; false if there is none. */
export function signalGroup(leader: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(-leader, signal);
    return true;
  } catch {
    return false;
  }
}

function beganOnLinux(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name is in parentheses and may hold anything, so the fields are counted from its end; see proc_pid_stat(5).
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? null : (fields[19] ?? '');
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? null : '';
  }
}

function beganByPs(pid: number): string {
  try {
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
  } catch {
    return '';
  }
}
