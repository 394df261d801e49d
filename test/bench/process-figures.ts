// What the kernel says of a process: processor time, memory, bytes written to disk. Linux only, as the gateways are.

import { readFileSync } from 'node:fs';

/** Clock ticks a second of /proc/PID/stat on Linux (USER_HZ, fixed at 100 for user space). */
const TICKS = 100;

/** User and system time of all threads, in seconds. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

/** Resident and private-dirty memory in MB. */
export function memory(pid: number): { rss: number; privateDirty: number } {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1');
  const kilobytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(rollup)?.[1] ?? Number.NaN);
  return { rss: kilobytes('Rss') / 1024, privateDirty: kilobytes('Private_Dirty') / 1024 };
}

/** Bytes that the process caused to be written to the block layer. */
export function bytesWritten(pid: number): number {
  return Number(/^write_bytes: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, 'latin1'))?.[1] ?? Number.NaN);
}
