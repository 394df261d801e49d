// Key envelopes of an epoch, stored under gateway and epoch before the epoch is opened, and handed to nobody but the
// reader that each is for. They can be erased: the ledger keeps only the root over them.
import {
  concat,
  decodeEnvelopeSet,
  encodeEnvelope,
  equalBytes,
  type Hash,
  toHex,
  VitalsealError,
} from '@vitalseal/ledger';
import type { FacilityLimits } from '../limits.ts';
import type { BlobFiles, Usage } from './blobs.ts';

interface Commitment {
  readonly root: Hash;
  readonly count: number;
}

const REMEMBERED = 10_000;

export class Envelopes {
  readonly #files: BlobFiles;
  readonly #usage: Usage;
  readonly #limits: FacilityLimits;
  readonly #known = new Map<string, Commitment>();

  constructor(files: BlobFiles, usage: Usage, limits: FacilityLimits) {
    this.#files = files;
    this.#usage = usage;
    this.#limits = limits;
  }

  /**
   * Stores the set of `gateway`'s epoch. Durable on resolve; false when the same set was here already. A set may be
   * replaced until its epoch is `opened` in the ledger with the root of the one that is here.
   * Throws `request_too_large`, `envelope_invalid`, `quota_exceeded`, `disk_full`, `store_failed`.
   */
  async put(gateway: Uint8Array, epoch: Hash, bytes: Uint8Array, opened: Commitment | null): Promise<boolean> {
    if (bytes.length > this.#limits.envelopeSetBytes) throw new VitalsealError('request_too_large');
    const user = toHex(gateway);
    if (this.#usage.bytesOf(user) + bytes.length > this.#limits.storedBytesPerUser) {
      throw new VitalsealError('quota_exceeded', 'this user has no room left here');
    }
    const set = decodeEnvelopeSet(bytes);
    const name = nameOf(gateway, epoch);
    const held = this.commitment(gateway, epoch);
    if (held !== null && same(held, set)) {
      await this.#files.settle(name);
      return false;
    }
    if (opened !== null && !same(opened, set)) {
      throw new VitalsealError('envelope_invalid', 'the epoch is open with other envelopes');
    }
    await this.#files.write(name, bytes);
    this.#usage.add(user, bytes.length);
    this.#remember(name, { root: set.root, count: set.count });
    return true;
  }

  /** What the stored set of an epoch commits to; null when none is stored. */
  commitment(gateway: Uint8Array, epoch: Hash): Commitment | null {
    const name = nameOf(gateway, epoch);
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const bytes = this.#files.readSync(name);
    if (bytes === null) return null;
    const { root, count } = decodeEnvelopeSet(bytes);
    const commitment = { root, count };
    this.#remember(name, commitment);
    return commitment;
  }

  /**
   * The envelope of an epoch for one reader, encoded: its first, or for its printed recovery key its last.
   * Throws `envelope_missing`.
   */
  async read(gateway: Uint8Array, epoch: Hash, reader: Uint8Array, recovery = false): Promise<Uint8Array> {
    const bytes = await this.#files.read(nameOf(gateway, epoch));
    const own = bytes === null ? [] : decodeEnvelopeSet(bytes).envelopes.filter((e) => equalBytes(e.reader, reader));
    const envelope = own.at(recovery ? -1 : 0);
    if (envelope === undefined) throw new VitalsealError('envelope_missing');
    return encodeEnvelope(envelope);
  }

  /** Crypto-shreds an epoch here: without its envelopes nobody new can open its records. True when there were some. */
  erase(gateway: Uint8Array, epoch: Hash): Promise<boolean> {
    this.#known.delete(nameOf(gateway, epoch));
    return this.#files.remove(nameOf(gateway, epoch));
  }

  #remember(name: string, commitment: Commitment): void {
    if (this.#known.size >= REMEMBERED) this.#known.delete(this.#known.keys().next().value as string);
    this.#known.set(name, commitment);
  }
}

/** The epoch first: it is a hash, so the shards are even. */
function nameOf(gateway: Uint8Array, epoch: Hash): string {
  return toHex(concat(epoch, gateway));
}

function same(a: Commitment, b: Commitment): boolean {
  return a.count === b.count && equalBytes(a.root, b.root);
}
