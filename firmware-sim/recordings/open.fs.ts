// Opens a recording from disk by what its name says: NAME.hea (or NAME beside it) is WFDB, anything else is CSV.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { type CsvOptions, openCsv } from './csv-recording.ts';
import { type Recording, RecordingInvalid } from './recording.ts';
import { openWfdb } from './wfdb.ts';

const MAX_BYTES = 256 * 1024 * 1024;

/** Throws `RecordingInvalid`, also for a file that cannot be read. */
export function openRecording(path: string, options: CsvOptions = {}): Recording {
  const header = extname(path) === '.hea' ? path : extname(path) === '' || isSignalFile(path) ? headerOf(path) : null;
  if (header === null) return openCsv(read(path).toString('utf8'), basename(path, extname(path)), options);
  return openWfdb(read(header).toString('latin1'), (file) => read(join(dirname(header), file)));
}

function headerOf(path: string): string {
  return join(dirname(path), `${basename(path, extname(path))}.hea`);
}

function isSignalFile(path: string): boolean {
  return ['.dat', '.mat'].includes(extname(path)) && existsSync(headerOf(path));
}

function read(path: string): Buffer {
  try {
    if (statSync(path).size > MAX_BYTES)
      throw new RecordingInvalid(`${basename(path)} is larger than ${MAX_BYTES} bytes`);
    return readFileSync(path);
  } catch (error) {
    if (error instanceof RecordingInvalid) throw error;
    throw new RecordingInvalid(`cannot read ${basename(path)}: ${(error as NodeJS.ErrnoException).code ?? 'unknown'}`);
  }
}
