import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, sep } from 'node:path';

/**
 * Who a temporary file belongs to, as a part of its name: the number of a process and when it started, since numbers
 * are used again. On Linux with the numbering that it is of, as every container has its own.
 */
const MARK = /^(\d+)_([\d.]+)$/;

/** Folders of ours for temporary files: `caliper-`, the mark, and what makes them unique. */
export const SCRATCH = /^caliper-(\d+_[\d.]+)-[A-Za-z0-9]+$/;

/** What the path of such a folder begins with. */
export function scratchPrefix(): string {
  return join(tmpdir(), `caliper-${ownMark()}-`);
}

/** Files beside their targets that are not finished. Short: a target's own name may be as long as names can be. */
export const TEMPORARY = /^\.caliper-(\d+_[\d.]+)-[0-9a-f]+$/;

export function temporaryName(): string {
  // Threads of one process have the same mark.
  return `.caliper-${ownMark()}-${randomBytes(4).toString('hex')}`;
}

/** Whether a path lies in such a folder, as messages name no temporary files. */
export function isScratch(path: string): boolean {
  return path.split(sep).some((part) => SCRATCH.test(part));
}

/** Estimated starts are as good as the clock, which may have been set meanwhile. */
const TOLERANCE_SECONDS = 3600;

/** Longest that is waited for the system to say when a process started. */
const TIMEOUT_MS = 10_000;

/** This process. */
export function ownMark(): string {
  return `${process.pid}_${ticks(process.pid) ?? Math.round(Date.now() / 1000 - process.uptime())}`;
}

/** Whether the process with this mark has ended. Where nobody can tell, it has not. */
export function isGone(mark: string): boolean {
  const [, number, started = ''] = MARK.exec(mark) ?? [];
  const pid = Number(number);
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  const [numbering, exact] = started.split('.');
  if (exact !== undefined) {
    if (numbering !== ownNumbering()) return false;
    return !isRunning(pid) || (ticks(pid) ?? started) !== started;
  }
  if (!isRunning(pid)) return true;
  const seconds = startOf(pid);
  return seconds !== null && Math.abs(seconds - Number(started)) > TOLERANCE_SECONDS;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** `numbering.ticks since the computer started`; null where it is not Linux, or the process cannot be looked at. */
function ticks(pid: number): string | null {
  try {
    // The name of the program, in parentheses, may hold anything; behind it come the state and 18 others (man 5 proc).
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    // Killed, and its parent did not ask about it yet: it has no memory and no files any more.
    return fields[0] === 'Z' ? 'gone' : `${ownNumbering() ?? 0}.${fields[19]}`;
  } catch {
    return null;
  }
}

/** The number in `pid:[4026531836]`; null where it is not Linux. */
function ownNumbering(): string | null {
  try {
    return readlinkSync('/proc/self/ns/pid').replace(/\D/g, '');
  } catch {
    return null;
  }
}

/** Seconds since 1970 at which a process started, by the system's own tools; null where they do not say. */
function startOf(pid: number): number | null {
  const [tool, args]: [string, string[]] =
    process.platform === 'win32'
      ? [
          // By its path: Windows would look in the current folder first, which may be a stranger's.
          join(process.env['SystemRoot'] ?? 'C:\\Windows', 'System32/WindowsPowerShell/v1.0/powershell.exe'),
          ['-NoProfile', '-NonInteractive', '-Command', `(Get-Process -Id ${pid}).StartTime.ToString('o')`],
        ]
      : ['/bin/ps', ['-o', 'lstart=', '-p', String(pid)]];
  try {
    const env = { ...process.env, LC_ALL: 'C' };
    const text = execFileSync(tool, args, { encoding: 'utf8', env, timeout: TIMEOUT_MS, windowsHide: true });
    const seconds = Date.parse(text.trim()) / 1000;
    return Number.isFinite(seconds) ? seconds : null;
  } catch {
    return null;
  }
}
