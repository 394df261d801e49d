// vitalseal read …: fetch, check and decrypt records as their owner. What could not be read is told on stderr, and the
// rest is printed all the same.
import { VitalsealError } from '@vitalseal/ledger';
import type { ReadingRow, ReadOutcome, UnreadRecord } from '@vitalseal/wallet';
import { Command } from 'commander';
import type { Io } from '../io.ts';
import { noteLines, noteOf } from './read-notes.ts';

interface ReadOptions {
  identity: string;
  facility: string;
  all?: boolean;
  ca?: string;
  out?: string;
  csv?: boolean;
  json?: boolean;
}

/** A waveform block has hundreds of samples: a table shows the first ones. */
const TABLE_VALUE = 40;
const LINES_AT_ONCE = 1000;

export function readCommand(io: Io): Command {
  return new Command('read')
    .description('Fetches records, checks them against the ledger, decrypts them and prints their readings.')
    .argument('[record]', 'id of a record, or its first 4 digits or more')
    .option('--all', 'all records of this owner')
    .requiredOption('--identity <file>', 'the identity file: nothing else is trusted')
    .requiredOption('--facility <url>', 'where the facility is')
    .option('--ca <file>', 'certificates (PEM) that alone are believed')
    .option('--out <dir>', 'also write each record there, with its entry and proof, and the policy')
    .option('--csv', 'print CSV; its last column, context, is JSON')
    .option('--json', 'print one JSON object as the last line')
    .action(async (record: string | undefined, given: ReadOptions) => {
      if ((record === undefined) === (given.all === undefined)) {
        throw new VitalsealError('usage', 'name one record, or say --all');
      }
      if (given.csv && given.json) throw new VitalsealError('usage', '--csv and --json exclude each other');
      const wallet = await import('@vitalseal/wallet');
      const outcome = await wallet.readRecords({
        ...{ identity: given.identity, facilityUrl: given.facility },
        wish: record === undefined ? 'all' : { record },
        ...(given.ca === undefined ? {} : { caFile: given.ca }),
        ...(given.out === undefined ? {} : { out: given.out }),
      });
      const rows = outcome.read.flatMap((read) => read.rows);
      if (given.json) io.json(jsonOf(outcome, rows));
      else if (given.csv) printCsv(io, wallet.CSV_COLUMNS, rows, wallet.csvLine);
      else if (rows.length > 0) printTable(io, rows, wallet.TABLE_COLUMNS);
      else if (outcome.unread.length === 0)
        io.printError('no records yet: a reading can be read once its batch is sealed and registered (agent flush)');
      tellUnread(io, outcome);
    });
}

function jsonOf({ read, unread }: ReadOutcome, readings: readonly ReadingRow[]): object {
  const records = read.map(({ record, version, index, rows }) => ({ record, version, index, readings: rows.length }));
  return { readings, records, unread };
}

function printCsv(
  io: Io,
  columns: readonly string[],
  rows: readonly ReadingRow[],
  line: (row: ReadingRow) => string,
): void {
  io.print(columns.join(','));
  for (let i = 0; i < rows.length; i += LINES_AT_ONCE) {
    io.print(
      rows
        .slice(i, i + LINES_AT_ONCE)
        .map(line)
        .join('\n'),
    );
  }
}

/** What a person must know of a reading stands below the table, once for all readings that it is true of. */
function printTable(io: Io, rows: readonly ReadingRow[], columns: readonly string[]): void {
  const notes = new Map<string, number>();
  const cells = rows.map(({ deviceTime, gatewayTime, value, context, ...row }) => ({
    ...row,
    value: value.length > TABLE_VALUE ? `${value.slice(0, TABLE_VALUE)}…` : value,
    note: numberOf(notes, noteOf(context ?? {})),
    device_time: deviceTime,
    gateway_time: gatewayTime,
  }));
  const after = columns.indexOf('value') + 1;
  io.table(cells, notes.size === 0 ? columns : columns.toSpliced(after, 0, 'note'));
  if (notes.size > 0) io.print('');
  for (const [note, number] of notes) for (const line of noteLines(number, note)) io.print(line);
}

/** Empty for no note; else its number, from 1 in order of appearance. */
function numberOf(notes: Map<string, number>, note: string): string {
  if (note === '') return '';
  const number = notes.get(note) ?? notes.size + 1;
  notes.set(note, number);
  return `${number}`;
}

/** Throws, after the rest was printed, when a record could not be read. */
function tellUnread(io: Io, { read, unread }: ReadOutcome): void {
  for (const { record, version, index, code, message } of unread) {
    io.printError(`vitalseal: ${code}: record ${record} version ${version} (entry ${index}): ${message}`);
  }
  const worst: UnreadRecord | undefined = unread.find(({ code }) => code === 'blob_damaged') ?? unread[0];
  if (worst === undefined) return;
  const all = unread.length + read.length;
  throw new VitalsealError(worst.code, `${unread.length} of ${all} records could not be read and were discarded`);
}
