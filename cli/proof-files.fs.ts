// A proof as files: FILE itself, and beside it, its last ending replaced, `.entry` and, when there is one, `.own`. That is
// where `verify` looks for them.
import { rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { VitalsealError } from '@vitalseal/ledger';

export interface ProofParts {
  readonly proof: string | Uint8Array;
  readonly entry: Uint8Array;
  /** null when the proof is of the entry itself. */
  readonly own: Uint8Array | null;
}

export interface ProofFiles {
  readonly proof: string;
  readonly entry: string;
  readonly own: string | null;
}

/** `file` with its last ending replaced by `ending`. */
export function beside(file: string, ending: '.entry' | '.own'): string {
  return join(dirname(file), basename(file, extname(file)) + ending);
}

/** Writes the files of a proof in place of an earlier one's. Throws `usage` when `out` cannot be one, or has a name that `verify` gives to another part. */
export async function writeProof(out: string, { proof, entry, own }: ProofParts): Promise<ProofFiles> {
  const file = resolve(out);
  const files = { proof: file, entry: beside(file, '.entry'), own: beside(file, '.own') };
  if (file === files.entry || file === files.own) {
    throw new VitalsealError('usage', '--out: .entry and .own are the names of the files beside the proof');
  }
  // Before anything is written: a part without its proof is of no use.
  const folder = await stat(dirname(file)).catch(() => null);
  if (!folder?.isDirectory()) throw new VitalsealError('usage', `--out: there is no folder ${dirname(file)}`);
  if ((await stat(file).catch(() => null))?.isDirectory())
    throw new VitalsealError('usage', `--out: ${file} is a folder, not a file`);
  // An earlier proof's would be taken for this one's.
  await rm(files.own, { force: true });
  await writeFile(files.entry, entry);
  if (own !== null) await writeFile(files.own, own);
  await writeFile(file, proof);
  return { ...files, own: own === null ? null : files.own };
}
