// An export that outlives the facility: the readings, and beside them the record's entry and its proof, named so that
// `vitalseal verify RECORD.tlog-proof --policy policy` finds them.
import { addressOf, equalBytes, type FacilityClient, formatExistenceProof, openEntry } from '@vitalseal/ledger';
import type { ReadRecord } from './read.ts';
import { CSV_COLUMNS, csvLine } from './rows.ts';

/** One file of an export. */
export interface ExportFile {
  readonly name: string;
  /** Whole, or piece after piece. */
  readonly data: string | Uint8Array | Iterable<string>;
}

/** The files of one record: `ID.csv`, `ID.tlog-proof`, `ID.entry`; later versions are named `ID-vN`. */
export async function exportRecord(client: FacilityClient, record: ReadRecord): Promise<ExportFile[]> {
  const name = record.version === 1 ? record.record : `${record.record}-v${record.version}`;
  const proof = formatExistenceProof({ ...record.inclusion, chain: await signerChain(client, record) });
  return [
    { name: `${name}.csv`, data: csvText(record) },
    { name: `${name}.tlog-proof`, data: proof },
    { name: `${name}.entry`, data: record.listed.bytes },
  ];
}

const LINES_AT_ONCE = 1000;

/** In pieces: what a hostile gateway has sealed may be more than one string can hold. */
function* csvText({ rows }: ReadRecord): Iterable<string> {
  yield `${CSV_COLUMNS.join(',')}\n`;
  for (let i = 0; i < rows.length; i += LINES_AT_ONCE) {
    yield `${rows
      .slice(i, i + LINES_AT_ONCE)
      .map(csvLine)
      .join('\n')}\n`;
  }
}

/** What leads to a signer's key that is not its first; none is needed for that one. */
async function signerChain(client: FacilityClient, { listed, index }: ReadRecord): Promise<Uint8Array[]> {
  const { signer } = listed.entry;
  if (equalBytes(addressOf(listed.kid), signer)) return [];
  const entries = (await client.user(signer)).filter((indexed) => indexed.index < index);
  const rotations = entries.map(({ entry }) => openEntry(entry)).filter(({ entry }) => entry.type === 'key.rotate');
  const byRecovery = rotations.some(({ entry }) => entry.type === 'key.rotate' && entry.body.authority === 'recovery');
  return byRecovery ? entries.map(({ entry }) => entry) : rotations.map(({ bytes }) => bytes);
}
