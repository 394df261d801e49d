// One record, from its entry to its readings. The order is that of trust: the entry is proven before its hashes count,
// the ciphertext is compared before it is opened, the plaintext before it is shown.
import {
  BATCH_CONTENT_TYPE,
  type Batch,
  commitReadings,
  decodeBatch,
  decodeEnvelope,
  EpochChain,
  epochId,
  equalBytes,
  type FacilityClient,
  type Inflate,
  isVitalsealError,
  openEnvelope,
  openRecord,
  type Reading,
  type RecordRegister,
  type RequestAuth,
  streamId,
  toHex,
  VitalsealError,
} from '@vitalseal/ledger';
import type { Inclusion, TrustedLog } from '../trust/trust.ts';
import type { Listed, Listing } from './listing.ts';

/** What opening needs besides the record. `identity` is the age identity of the reader. */
export interface Opener {
  readonly client: FacilityClient;
  readonly log: TrustedLog;
  readonly auth: RequestAuth;
  readonly identity: string;
  readonly inflate: Inflate;
}

export interface OpenedRecord {
  readonly readings: readonly Reading[];
  readonly inclusion: Inclusion;
}

/** Key chains of the epochs that were opened already, by hex of the epoch: most records share one. */
export type EpochChains = Map<string, EpochChain>;

/**
 * Proves, fetches, checks and opens a record. Throws `proof_invalid` and the like when the ledger does not hold it,
 * `payload_unsupported` for a document, `envelope_invalid` or `envelope_missing`, and `blob_damaged` for a blob that is
 * not the one registered: then nothing of it is returned.
 */
export async function openListed(
  record: Listed<'record.register'>,
  { epochs }: Listing,
  chains: EpochChains,
  opener: Opener,
): Promise<OpenedRecord> {
  const { client, log, inflate } = opener;
  const { body, origin, signer } = record.entry;
  const inclusion = await log.prove(client, record.index, record.leaf);
  if (body.contentType !== BATCH_CONTENT_TYPE) {
    throw new VitalsealError('payload_unsupported', 'the record holds something other than readings');
  }
  const chain = await epochChain(record, epochs.get(toHex(body.epoch)), chains, opener);
  const file = await fetchBlob(client, body);
  const chainKey = chain.keyAt(body.index);
  const stream = streamId(origin, body.owner, signer);
  const plaintext = await openRecord({ file, chainKey, origin, stream, epoch: body.epoch, index: body.index });
  const batch = damagedUnless(() => decodeBatch(plaintext, inflate));
  checkCommitment(record, batch);
  return { readings: batch.readings, inclusion };
}

async function epochChain(
  { entry }: Listed<'record.register'>,
  opened: Listed<'epoch.open'> | undefined,
  chains: EpochChains,
  { client, log, auth, identity }: Opener,
): Promise<EpochChain> {
  const { epoch } = entry.body;
  if (opened === undefined || !equalBytes(opened.entry.signer, entry.signer)) {
    throw new VitalsealError('epoch_unknown', 'the record names an epoch that its signer did not open');
  }
  const known = chains.get(toHex(epoch));
  if (known !== undefined) return known;
  await log.prove(client, opened.index, opened.leaf);
  const { envelopeRoot, envelopeCount } = opened.entry.body;
  const envelope = decodeEnvelope(await client.envelope(epoch, auth));
  const secret = await openEnvelope(envelope, envelopeRoot, envelopeCount, identity);
  if (!equalBytes(epochId(secret), epoch)) {
    throw new VitalsealError('envelope_invalid', 'the envelope holds the secret of another epoch');
  }
  const chain = new EpochChain(secret);
  chains.set(toHex(epoch), chain);
  return chain;
}

async function fetchBlob(client: FacilityClient, body: RecordRegister): Promise<Uint8Array> {
  const file = await client.blob(body.blobHash).catch((error: unknown) => {
    // The ledger keeps what was registered for ever; a blob may have been erased since.
    throw isVitalsealError(error, 'not_found') ? new VitalsealError('blob_missing') : error;
  });
  if (file.length !== body.blobSize) throw new VitalsealError('blob_damaged');
  return file;
}

/** The header is made of the entry, so an equal root says that the plaintext's header is the entry's. */
function checkCommitment({ entry }: Listed<'record.register'>, { salt, readings }: Batch): void {
  const { origin, signer, body } = entry;
  const { owner, recordId, version, epoch, index } = body;
  const counters = readings.map(({ counter }) => counter);
  const header = {
    ...{ origin, owner, signer, recordId, version, epoch, index },
    count: readings.length,
    firstCounter: counters.reduce((least, counter) => Math.min(least, counter), Number.MAX_SAFE_INTEGER),
    lastCounter: counters.reduce((most, counter) => Math.max(most, counter), 0),
  };
  const { root } = damagedUnless(() => commitReadings(header, salt, readings));
  if (!equalBytes(root, body.commitment)) {
    throw new VitalsealError('blob_damaged', 'the readings are not the ones that were registered');
  }
}

/** A plaintext that does not decode is damage too, whoever did it. */
function damagedUnless<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!isVitalsealError(error)) throw error;
    throw new VitalsealError('blob_damaged', 'the record does not hold readings');
  }
}
