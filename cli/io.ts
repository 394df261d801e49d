// What a command may do to the terminal: print lines, tables and one JSON object, and learn that it should stop.
// Commands get an Io and touch neither console nor process, so a test can run them in its own process.

import { once } from 'node:events';
import type { Interface } from 'node:readline';

export type Cell = string | number | bigint | boolean | null | undefined;

export interface Io {
  /** One line on stdout. */
  print(line: string): void;
  /** One line on stderr: progress, warnings, errors. */
  printError(line: string): void;
  /** Raw text on stdout, no newline added: for a live screen or a stream of CSV. */
  write(text: string): void;
  /** Rows as aligned columns on stdout; the columns are `columns`, else the keys of the first row. */
  table(rows: readonly Readonly<Record<string, Cell>>[], columns?: readonly string[]): void;
  /** `value` as one line of JSON; by convention the last line on stdout. Bytes become hex, bigints numbers or text. */
  json(value: unknown): void;
  /** Resolves once stdout takes more: whoever prints without end waits for it, or memory fills with what nobody has read yet. */
  drained(): Promise<void>;
  /** One line that a person types; null at the end of input, or when the command is to stop. `prompt` goes to stderr. */
  ask(prompt: string): Promise<string | null>;
  /** All of stdin, in the pieces that it comes in; for a command that asks nothing. */
  input(): AsyncIterable<Uint8Array>;
  /** Whether a person watches stdout (a terminal). */
  readonly interactive: boolean;
  /** Columns of the terminal; 80 when there is none, or when it does not know. */
  readonly width: number;
  /**
   * Aborted on the first SIGINT or SIGTERM; a second one ends the process at once. The handlers are installed when this
   * is first read: a command that never reads it is simply killed, as one expects of a short command.
   */
  readonly signal: AbortSignal;
}

type Sink = (text: string) => void;

const HARD_EXIT = { SIGINT: 130, SIGTERM: 143 } as const;
/** npm passes on the Ctrl-C that the terminal has sent to everyone already: two signals this close are one wish. */
const SAME_WISH_MS = 500;

/** The Io of a real process. A closed pipe (`vitalseal … | head`) ends the process without a word. */
export function processIo(): Io {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  }
  let signal: AbortSignal | undefined;
  const readLine = lineReader();
  const out: Sink = (text) => void process.stdout.write(text);
  return {
    ...printers(out, (text) => void process.stderr.write(text)),
    async ask(prompt) {
      signal ??= stopSignal();
      const line = await readLine(prompt, signal);
      // Who typed Enter has ended the line of the question. Else what is printed next would stand on it.
      if (line === null || !process.stdin.isTTY) process.stderr.write('\n');
      return line;
    },
    drained: async () => {
      if (process.stdout.writableNeedDrain) await once(process.stdout, 'drain');
    },
    input: () => process.stdin,
    interactive: process.stdout.isTTY === true,
    get width() {
      return process.stdout.columns || 80;
    },
    get signal() {
      signal ??= stopSignal();
      return signal;
    },
  };
}

/** An Io that keeps what was printed, for tests of commands. `stop()` plays Ctrl-C; `answers` are what a person types, `input` is stdin. */
export function recordingIo(
  answers: readonly string[] = [],
  input: readonly Uint8Array[] = [],
): {
  io: Io;
  stdout(): string;
  stderr(): string;
  stop(): void;
  lastJson(): unknown;
} {
  const typed = [...answers];
  let out = '';
  let err = '';
  const controller = new AbortController();
  const add: Sink = (text) => {
    out += text;
  };
  const addError: Sink = (text) => {
    err += text;
  };
  return {
    io: {
      ...printers(add, addError),
      async ask(prompt) {
        addError(typed.length > 0 ? prompt : `${prompt}\n`);
        return typed.shift() ?? null;
      },
      async drained() {},
      async *input() {
        yield* input;
      },
      ...{ interactive: false, width: 80, signal: controller.signal },
    },
    stdout: () => out,
    stderr: () => err,
    stop: () => controller.abort(),
    lastJson: () => JSON.parse(out.trimEnd().split('\n').at(-1) ?? ''),
  };
}

/** What a device or a gateway sent may steer no terminal: control, direction and other invisible characters. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

function escaped(found: string): string {
  return Array.from({ length: found.length }, (_, at) => found.charCodeAt(at).toString(16).padStart(4, '0'))
    .map((unit) => `\\u${unit}`)
    .join('');
}

/** JSON text on one line. Bytes as hex; a bigint as a number where that is exact, else as text. */
export function jsonLine(value: unknown): string {
  const text = JSON.stringify(value, function (this: Record<string, unknown>, key, given: unknown) {
    const item = this[key]; // not `given`: a Buffer has already become an object there
    if (typeof item === 'bigint') return Number.isSafeInteger(Number(item)) ? Number(item) : item.toString();
    if (item instanceof Uint8Array) return Array.from(item, (byte) => byte.toString(16).padStart(2, '0')).join('');
    return given;
  });
  return text.replace(UNPRINTABLE, escaped);
}

/** Lines of an aligned table, header first; columns whose cells are all numbers stand right-aligned. */
export function tableLines(rows: readonly Readonly<Record<string, Cell>>[], columns?: readonly string[]): string[] {
  const names = columns ?? Object.keys(rows[0] ?? {});
  if (names.length === 0) return [];
  const text = rows.map((row) => names.map((name) => cellText(row[name])));
  const widths = names.map((name, i) => text.reduce((most, row) => Math.max(most, row[i]?.length ?? 0), name.length));
  const numeric = names.map((name) => rows.every((row) => ['number', 'bigint'].includes(typeof row[name])));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => (numeric[i] ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
      .join('  ')
      .trimEnd();
  return [line(names), ...text.map(line)];
}

function cellText(cell: Cell): string {
  if (cell === null || cell === undefined) return '';
  // A name or text from outside must not steer the terminal that shows it.
  return String(cell).replace(/\p{Cc}/gu, '\u{FFFD}');
}

function printers(out: Sink, err: Sink): Pick<Io, 'print' | 'printError' | 'write' | 'table' | 'json'> {
  return {
    print: (line) => out(`${line}\n`),
    printError: (line) => err(`${line}\n`),
    write: out,
    table: (rows, columns) => {
      for (const line of tableLines(rows, columns)) out(`${line}\n`);
    },
    json: (value) => out(`${jsonLine(value)}\n`),
  };
}

/** Reads lines of stdin only while somebody waits for one: between two questions the terminal is nobody's. */
function lineReader(): (prompt: string, signal: AbortSignal) => Promise<string | null> {
  let reader: Interface | undefined;
  let ended = false;
  const typed: string[] = [];
  let take: ((line: string | null) => void) | null = null;
  /** To who waits, once: the next line may come in the same breath. */
  const give = (line: string | null) => {
    const waiting = take;
    take = null;
    waiting?.(line);
  };
  return async (prompt, signal) => {
    if (reader === undefined) {
      const { createInterface } = await import('node:readline');
      reader = createInterface({ input: process.stdin, terminal: false });
      reader.on('line', (line) => (take === null ? void typed.push(line) : give(line)));
      reader.on('close', () => {
        ended = true;
        give(null);
      });
    }
    process.stderr.write(prompt);
    const line = typed.shift();
    if (line !== undefined || ended || signal.aborted) return line ?? null;
    reader.resume();
    const stop = () => give(null);
    signal.addEventListener('abort', stop, { once: true });
    const answer = await new Promise<string | null>((resolve) => {
      take = resolve;
    });
    signal.removeEventListener('abort', stop);
    if (!ended) reader.pause();
    return answer;
  };
}

function stopSignal(): AbortSignal {
  const controller = new AbortController();
  let first = 0;
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (!controller.signal.aborted) {
        first = performance.now();
        controller.abort();
      } else if (performance.now() - first > SAME_WISH_MS) {
        process.exit(HARD_EXIT[name]);
      }
    });
  }
  return controller.signal;
}
