// The facility's folder at rest: key files that only their owner may read, the policy, and the marker that says that
// setting up was finished.
import { chmodSync, existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fromHex, isVitalsealError, signingKeyOf, toHex, VitalsealError } from '@vitalseal/ledger';
import { DurableFolders, writeDurably } from './blobs/durable.fs.ts';
import type { FacilityKeys } from './keys.ts';
import { storeError } from './store-error.ts';

const NAMES = ['registrar', 'facility', 'log', 'cosigner'] as const satisfies readonly (keyof FacilityKeys)[];
const MARKER = 'facility.json';

/** Whether a facility was set up in `dir`, wholly. */
export function isSetUp(dir: string): boolean {
  return existsSync(join(dir, MARKER));
}

/** The folder and its own for keys, durable on resolve. Throws `usage`, `disk_full`, `store_failed`. */
export async function makeFolder(dir: string): Promise<void> {
  if (fileInTheWay(dir)) throw new VitalsealError('usage', `${dir} cannot be made: a file stands in its way`);
  await new DurableFolders(dirname(dir)).make(join(dir, 'keys'));
  try {
    chmodSync(dir, 0o700);
  } catch (error) {
    throw storeError(error);
  }
}

function fileInTheWay(dir: string): boolean {
  try {
    return statSync(dir, { throwIfNoEntry: false })?.isDirectory() === false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOTDIR';
  }
}

/** Files beside the keys: name in the folder → text. */
export type SetupTexts = Readonly<Record<string, string>>;

/** Writes keys, policy and texts. Nothing of it counts before `writeMarker`. */
export async function writeSetup(dir: string, keys: FacilityKeys, policy: string, texts: SetupTexts): Promise<void> {
  for (const name of NAMES) {
    const text = `# vitalseal facility, ${name} key (Ed25519 seed)\n${toHex(keys[name].secretKey)}\n`;
    await writeDurably(join(dir, 'keys', name), Buffer.from(text));
  }
  for (const [name, text] of Object.entries(texts)) await writeDurably(join(dir, name), Buffer.from(text));
  await writeDurably(join(dir, 'policy'), Buffer.from(policy));
}

/** Removes the database of a setting up that did not finish: its keys are gone, so nobody can have relied on it. */
export function removeUnfinished(dir: string): void {
  for (const name of ['ledger.db', 'ledger.db-wal', 'ledger.db-shm', 'log']) {
    rmSync(join(dir, name), { recursive: true, force: true });
  }
}

/** Throws `folder_missing` when nothing is set up there, `store_damaged` when a key is missing. */
export function readKeys(dir: string): FacilityKeys {
  mustBeSetUp(dir);
  const read = (name: string) => {
    try {
      const line = readFileSync(join(dir, 'keys', name), 'utf8').split('\n')[1] ?? '';
      return signingKeyOf(fromHex(line, 32));
    } catch (error) {
      if (isVitalsealError(error) || (error as NodeJS.ErrnoException).code === 'ENOENT') {
        throw new VitalsealError('store_damaged', `the ${name} key is missing or damaged`);
      }
      throw storeError(error);
    }
  };
  return { registrar: read('registrar'), facility: read('facility'), log: read('log'), cosigner: read('cosigner') };
}

export function readPolicy(dir: string): string {
  mustBeSetUp(dir);
  try {
    return readFileSync(join(dir, 'policy'), 'utf8');
  } catch {
    throw new VitalsealError('store_damaged', 'the policy is missing');
  }
}

/** COMMIT POINT of setting up: from here on the folder is a facility. */
export async function writeMarker(dir: string, facts: object): Promise<void> {
  await writeDurably(join(dir, MARKER), Buffer.from(`${JSON.stringify(facts, null, 2)}\n`));
}

function mustBeSetUp(dir: string): void {
  if (!isSetUp(dir)) {
    throw new VitalsealError('folder_missing', 'there is no facility in this folder; make one with: facility init');
  }
}
