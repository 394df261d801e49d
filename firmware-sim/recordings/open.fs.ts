// Opens a recording from disk by what its name says: NAME.hea (or NAME beside it, or its signal file) is WFDB, .csv, .tsv and
// .txt are tables. Any other ending is refused: half of all binary files read as a table of nonsense.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { type CsvOptions, openCsv } from './csv-recording.ts';
import { type Recording, RecordingInvalid } from './recording.ts';
import { openWfdb } from './wfdb.ts';

const MAX_BYTES = 256 * 1024 * 1024;
const TABLES = ['.csv', '.tsv', '.txt'];
const SIGNALS = ['.dat', '.mat'];
const KINDS = 'a WFDB record (NAME.hea with its signals in format 16, 80 or 212) or a table (.csv, .tsv, .txt)';

/** Throws `RecordingInvalid`, also for a file that cannot be read. */
export function openRecording(path: string, options: CsvOptions = {}): Recording {
  const ending = extname(path).toLowerCase();
  const header = `${path.slice(0, path.length - extname(path).length)}.hea`;
  if (ending === '.hea') return openHeader(path);
  if ((ending === '' || SIGNALS.includes(ending)) && existsSync(header)) return openHeader(header);
  const bytes = read(path);
  if ((!TABLES.includes(ending) && ending !== '') || bytes.includes(0)) {
    const beside = existsSync(header) ? `; ${basename(header)} beside it may be one` : '';
    throw new RecordingInvalid(`${basename(path)} is no recording; replay takes ${KINDS}${beside}`);
  }
  return openCsv(bytes.toString('utf8'), basename(path, extname(path)), options);
}

function openHeader(path: string): Recording {
  return openWfdb(read(path).toString('latin1'), (file) => read(join(dirname(path), file)));
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EISDIR: 'it is a folder',
  EACCES: 'reading it is not allowed',
};

function read(path: string): Buffer {
  try {
    if (statSync(path).size > MAX_BYTES)
      throw new RecordingInvalid(`${basename(path)} is larger than ${MAX_BYTES} bytes`);
    return readFileSync(path);
  } catch (error) {
    if (error instanceof RecordingInvalid) throw error;
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw new RecordingInvalid(`${basename(path)}: ${REASONS[code] ?? code}`);
  }
}
