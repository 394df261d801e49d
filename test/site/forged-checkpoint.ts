// A checkpoint that the facility's own keys signed and that contradicts its log: what a facility shows that lies, or was made to. The
// keys are read from its folder, since nobody else could make one.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  cosignCheckpoint,
  formatCheckpoint,
  formatNote,
  fromHex,
  logSigner,
  parseCheckpoint,
  parseNote,
  randomBytes,
} from '@vitalseal/ledger';

/** Turns an honest note into one of the same size with another root, signed and cosigned as the policy wants it. */
export type Forger = (note: string) => string;

/** Throws when the folder holds no facility. */
export async function checkpointForger(facilityDir: string): Promise<Forger> {
  const seed = async (name: string) =>
    fromHex((await readFile(join(facilityDir, 'keys', name), 'utf8')).split('\n')[1] ?? '', 32);
  const [log, cosigner] = [await seed('log'), await seed('cosigner')];
  return (note) => {
    const { origin, size } = parseCheckpoint(parseNote(note).body);
    const body = formatCheckpoint({ origin, size, root: randomBytes(32) });
    const own = logSigner({ name: origin, secretKey: log })(body);
    const witness = { name: `${origin}/facility`, secretKey: cosigner };
    const cosignature = cosignCheckpoint(body, witness, Math.floor(Date.now() / 1000));
    return formatNote({ body, signatures: [own, cosignature] });
  };
}

/** The same note with one bit of its last signature turned. */
export function damagedNote(note: string): string {
  const { body, signatures } = parseNote(note);
  return formatNote({
    body,
    signatures: signatures.map((one, i) => {
      const signature = new Uint8Array(one.signature);
      if (i === signatures.length - 1) signature[70] = (signature[70] ?? 0) ^ 1;
      return { ...one, signature };
    }),
  });
}
