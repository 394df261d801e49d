// The agent's configuration: `agent.toml`, validated once, then frozen. An error names file, key, what was expected
// and what stood there, because the person who reads it may be at the far end of a phone line.
import { VitalsealError } from '@vitalseal/ledger';
import { parse, TomlError } from 'smol-toml';
import * as v from 'valibot';
import { suggest } from './suggest.ts';

const integer = (from: number, to: number) => {
  const expected = `a whole number from ${from} to ${to}`;
  return v.pipe(v.number(expected), v.integer(expected), v.minValue(from, expected), v.maxValue(to, expected));
};
const text = (expected: string, pattern: RegExp) => v.pipe(v.string(expected), v.regex(pattern, expected));
const path = text('the path of a file', /^[^\0]{1,4096}$/);
const flag = v.boolean('true or false');

export const HOST_PORT = /^(\[[0-9a-fA-F:.]{2,45}\]|[A-Za-z0-9._-]{1,253}):([0-9]{1,5})$/;
const listen = v.pipe(
  text('HOST:PORT, for example "127.0.0.1:1883"', HOST_PORT),
  v.check((value) => Number(HOST_PORT.exec(value)?.[2]) <= 65_535, 'a port of at most 65535'),
);

/** As the D-Bus specification writes them: transport, colon, what it needs; several with semicolons between. */
const BUS_ADDRESS = /^[a-z][a-z-]*:[^\s\0]{0,1000}$/;

const section = <T extends v.ObjectEntries>(entries: T) => v.strictObject(entries, 'a table');

const schema = v.strictObject({
  mqtt: section({
    listen: v.optional(listen, '127.0.0.1:1883'),
    certificate: v.optional(path),
    private_key: v.optional(path),
    allow_plain: v.optional(flag, false),
    max_connections: v.optional(integer(1, 10_000), 256),
    // The decoders refuse what is larger.
    max_payload_bytes: v.optional(integer(256, 262_144), 262_144),
    max_messages_per_second: v.optional(integer(1, 1_000_000), 20_000),
  }),
  ble: section({
    // Without it: on exactly while there is a Bluetooth device.
    enabled: v.optional(flag),
    adapter: v.optional(text('the name of an adapter, for example "hci0"', /^hci[0-9]{1,3}$/), 'hci0'),
    max_connections: v.optional(integer(1, 64), 5),
    bus: v.optional(text('a D-Bus address, for example "unix:path=/run/dbus/system_bus_socket"', BUS_ADDRESS)),
  }),
  batch: section({
    max_age_seconds: v.optional(integer(1, 86_400), 300),
    max_readings: v.optional(integer(1, 10_000), 10_000),
    max_bytes: v.optional(integer(1024, 1_048_576), 262_144),
    epoch_hours: v.optional(integer(1, 168), 24),
  }),
  spool: section({
    megabytes: v.optional(integer(8, 1_048_576)),
    quarantine_kilobytes: v.optional(integer(16, 1_048_576), 1024),
  }),
  facility: section({
    url: v.optional(text('an http:// or https:// address', /^https?:\/\/[^\s/?#@]{1,253}(\/[^\s?#]*)?$/)),
    ca: v.optional(path),
    pin: v.optional(text('64 hex digits: SHA-256 of the public key of the TLS certificate', /^[0-9a-f]{64}$/)),
    allow_plain: v.optional(flag, false),
  }),
  log: section({
    level: v.optional(
      v.picklist(['error', 'warn', 'info', 'debug', 'silent'], '"error", "warn", "info", "debug" or "silent"'),
      'info',
    ),
  }),
});

/** Every section is optional. */
const EMPTY = Object.fromEntries(Object.keys(schema.entries).map((name) => [name, {}]));

type DeepReadonly<T> = { readonly [K in keyof T]: T[K] extends object ? DeepReadonly<T[K]> : T[K] };
export type AgentConfig = DeepReadonly<v.InferOutput<typeof schema>>;

/** The configuration in `source`, with defaults filled in, frozen. `file` is for messages. Throws `config_invalid`. */
export function parseConfig(source: string, file: string): AgentConfig {
  if (source.length > 262_144) throw invalid(file, null, 'at most 256 kB', 'a larger file');
  const result = v.safeParse(schema, { ...EMPTY, ...toTable(source, file) });
  if (!result.success) throw explain(result.issues[0], file);
  const config = result.output;
  if ((config.mqtt.certificate === undefined) !== (config.mqtt.private_key === undefined)) {
    const missing = config.mqtt.certificate === undefined ? 'certificate' : 'private_key';
    throw invalid(file, `mqtt.${missing}`, 'certificate and private_key together', 'only one of them');
  }
  for (const part of Object.values(config)) Object.freeze(part);
  return Object.freeze(config) as AgentConfig;
}

function toTable(source: string, file: string): Record<string, unknown> {
  try {
    return parse(source);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const what = error.message.split('\n')[0]?.replace(/^Invalid TOML document: /, '') ?? 'a syntax error';
    throw invalid(file, `line ${error.line}, column ${error.column}`, 'TOML', what);
  }
}

function explain(issue: v.BaseIssue<unknown>, file: string): VitalsealError {
  const keys = (issue.path ?? []).map((item) => String(item.key));
  if (issue.type === 'strict_object' && issue.expected === 'never') {
    const known = Object.keys(entriesAt(keys.slice(0, -1)));
    const near = suggest(keys.at(-1) ?? '', known);
    const expected = near === null ? `one of ${known.join(', ')}` : `did you mean ${near}?`;
    return new VitalsealError('config_invalid', `${file}: ${keys.join('.')}: unknown key; ${expected}`, {
      file,
      key: keys.join('.'),
    });
  }
  return invalid(file, keys.join('.'), issue.message, shown(issue.input));
}

function entriesAt(keys: readonly string[]): v.ObjectEntries {
  const [name] = keys;
  if (name === undefined) return schema.entries;
  return schema.entries[name as keyof typeof schema.entries].entries;
}

function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text =
    value instanceof Date
      ? value.toISOString()
      : JSON.stringify(value, (_k, x) => (typeof x === 'bigint' ? x.toString() : x));
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}

function invalid(file: string, key: string | null, expected: string, found: string): VitalsealError {
  const where = key === null ? file : `${file}: ${key}`;
  return new VitalsealError('config_invalid', `${where}: expected ${expected}, found ${found}`, { file, key });
}
