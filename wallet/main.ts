// The person's side put together: keys in a folder, a facility over HTTP, reading and exporting. The only file here that
// knows the adapters.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import {
  FacilityClient,
  type IdentityFile,
  isVitalsealError,
  parseIdentity,
  type Role,
  VitalsealError,
} from '@vitalseal/ledger';
import { type EnrolFolder, enrolPerson } from './enrol/enrol.ts';
import { httpTransport } from './facility.http.ts';
import { makePrivateFolder, readText, removeFile, writeOpen, writeSecret } from './folder.fs.ts';
import { exportRecord } from './reading/export.ts';
import type { Wish } from './reading/listing.ts';
import { type ReadOutcome, readRecords as readWith } from './reading/read.ts';

export type { ContextFact, NamedContext } from './reading/context.ts';
export type { Wish } from './reading/listing.ts';
export type { ReadOutcome, ReadRecord, UnreadRecord } from './reading/read.ts';
export { CSV_COLUMNS, csvLine, type ReadingRow, TABLE_COLUMNS, valueText } from './reading/rows.ts';

/** Where a facility is. `caFile`: PEM certificates that alone are believed. */
export interface FacilityPlace {
  readonly facilityUrl: string;
  readonly caFile?: string;
}

export interface InitWalletOptions extends FacilityPlace {
  readonly dir: string;
  readonly code: string;
  readonly role?: Role;
}

export interface InitWalletResult {
  readonly address: string;
  /** Path of the identity file, mode 0600. */
  readonly identity: string;
  /** Path of the recovery key: to be printed, kept in a drawer, and removed. */
  readonly recovery: string;
}

/** Registers a person with keys made in `dir`, or goes on where that was interrupted. Throws as `enrolPerson`. */
export async function initWallet(options: InitWalletOptions): Promise<InitWalletResult> {
  const { dir, code, role = 'patient' } = options;
  const transport = await transportOf(options);
  await makePrivateFolder(dir);
  const paths = { identity: join(dir, 'identity'), recovery: join(dir, 'recovery'), pending: join(dir, 'enrolment') };
  const folder: EnrolFolder = {
    identity: () => readText(paths.identity),
    pending: () => readText(paths.pending),
    writePending: (text) => writeSecret(paths.pending, text),
    async finish(identity, recovery) {
      await writeSecret(paths.recovery, recovery);
      await writeSecret(paths.identity, identity);
      await removeFile(paths.pending);
    },
  };
  const client = (origin?: string) => new FacilityClient(transport, origin);
  const { address } = await enrolPerson(folder, { code, role, client });
  return { address, identity: paths.identity, recovery: paths.recovery };
}

export interface ReadRecordsOptions extends FacilityPlace {
  /** Path of the identity file: the only thing that is trusted. */
  readonly identity: string;
  readonly wish: Wish;
  /** Folder for an export of what is read: readings, entry and proof of each record, and the policy. */
  readonly out?: string;
}

/** Reads records as their owner. Throws as `reading/read.ts`; `identity_file_invalid` for the identity. */
export async function readRecords(options: ReadRecordsOptions): Promise<ReadOutcome> {
  const identity = await readIdentity(options.identity);
  const client = new FacilityClient(await transportOf(options), identity.origin);
  const now = () => Math.floor(Date.now() / 1000);
  const outcome = await readWith({ identity, client, wish: options.wish, inflate, now });
  if (options.out !== undefined) await writeExport(options.out, client, outcome);
  return outcome;
}

async function writeExport(out: string, client: FacilityClient, outcome: ReadOutcome): Promise<void> {
  await mkdir(out, { recursive: true });
  await writeOpen(join(out, 'policy'), outcome.policyText);
  for (const record of outcome.read) {
    for (const { name, data } of await exportRecord(client, record)) {
      // Readings are health data: the export is its owner's alone, as the identity is.
      await (name.endsWith('.csv') ? writeSecret : writeOpen)(join(out, name), data);
    }
  }
}

async function readIdentity(path: string): Promise<IdentityFile> {
  const text = await readText(path);
  if (text === null) throw new VitalsealError('identity_file_invalid', `there is no file ${path}`);
  try {
    return parseIdentity(text);
  } catch (error) {
    if (!isVitalsealError(error)) throw error;
    throw new VitalsealError(error.code, `${path} is not an identity file: ${error.message}`, error.detail);
  }
}

async function transportOf({ facilityUrl, caFile }: FacilityPlace) {
  if (caFile === undefined) return httpTransport(facilityUrl);
  const ca = await readText(caFile);
  if (ca === null) throw new VitalsealError('usage', `--ca: there is no file ${caFile}`);
  return httpTransport(facilityUrl, { ca });
}

function inflate(bytes: Uint8Array, maxBytes: number): Uint8Array {
  return inflateRawSync(bytes, { maxOutputLength: maxBytes });
}
