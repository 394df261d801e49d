// Logs: JSON lines on stderr, by pino. An event's name, counts and codes; never a value, topic, owner, password or key.
import { createRequire } from 'node:module';
import type { Logger } from 'pino';

export type Log = (event: string, facts?: Readonly<Record<string, unknown>>) => void;

/** `level` as in the configuration. Codes of problems are warnings, all else is information. */
export function pinoLog(level: string): Log {
  if (level === 'silent') return () => {};
  let logger: Logger | null = null;
  return (event, facts = {}) => {
    logger ??= open(level);
    if (facts.code === undefined) logger.info(facts, event);
    else logger.warn(facts, event);
  };
}

/** Loaded with the first line, when the broker listens already: thirty files are not on the way of a start. */
function open(level: string): Logger {
  const { pino } = createRequire(import.meta.url)('pino') as typeof import('pino');
  return pino({ level, base: null }, pino.destination({ dest: 2, sync: true }));
}
