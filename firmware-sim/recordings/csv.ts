// Comma-separated values (RFC 4180): quoted cells, doubled quotes, either line ending; semicolons and tabs too, by which
// spreadsheets separate where the comma is taken.
import { RecordingInvalid } from './recording.ts';

/** Rows of cells; empty lines are left out. Throws `RecordingInvalid` for a quote that never closes. */
export function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  const body = text.replace(/^\u{FEFF}/u, '');
  const separator = separatorOf(body);
  let row: string[] = [];
  let at = 0;
  while (at < body.length) {
    let cell = '';
    if (body[at] === '"') {
      for (;;) {
        const end = body.indexOf('"', at + 1);
        if (end === -1) throw new RecordingInvalid(`CSV: the quote in row ${rows.length + 1} does not close`);
        cell += body.slice(at + 1, end);
        at = end + 1;
        if (body[at] !== '"') break;
        cell += '"';
      }
    }
    const start = at;
    while (at < body.length && body[at] !== separator && body[at] !== '\n') at++;
    row.push((cell + body.slice(start, at)).trim());
    if (body[at] === separator && at + 1 < body.length) {
      at++;
      continue;
    }
    if (body[at] === separator) row.push('');
    at++;
    if (row.length > 1 || row[0] !== '') rows.push(row);
    row = [];
  }
  return rows;
}

/** Whichever of the three the beginning has most of. */
function separatorOf(body: string): string {
  const start = body.slice(0, 4096);
  const count = (character: string) => start.split(character).length;
  return [',', ';', '\t'].reduce((most, next) => (count(next) > count(most) ? next : most));
}
