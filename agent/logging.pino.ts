// Logs: JSON lines on stderr, by pino. An event's name, counts and codes; never a value, topic, owner, password or key.
import { pino } from 'pino';

export type Log = (event: string, facts?: Readonly<Record<string, unknown>>) => void;

/** `level` as in the configuration. Codes of problems are warnings, all else is information. */
export function pinoLog(level: string): Log {
  if (level === 'silent') return () => {};
  const logger = pino({ level, base: null }, pino.destination({ dest: 2, sync: true }));
  return (event, facts = {}) => (facts.code === undefined ? logger.info(facts, event) : logger.warn(facts, event));
}
