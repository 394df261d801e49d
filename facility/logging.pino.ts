// Log lines of a facility: JSON on stderr, counts and codes only.
import { pino } from 'pino';
import type { Log } from './node.ts';

export function pinoLog(level: string = 'info'): Log {
  return pino({ level, base: { part: 'facility' } }, pino.destination({ dest: 2, sync: true }));
}
