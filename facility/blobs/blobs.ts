// Sealed records as the facility keeps them: bytes under their hash. It cannot read them; it checks that they are what
// they are called, that their uploader has room, and that they are on disk before it says so.
import { equalBytes, type Hash, sha256, toHex, VitalsealError } from '@vitalseal/ledger';
import type { FacilityLimits } from '../limits.ts';

/** Where the bytes lie. */
export interface BlobFiles {
  /** Durable on resolve. Throws `disk_full` or `store_failed`. */
  write(name: string, bytes: Uint8Array): Promise<void>;
  /** Durable on resolve: a file that is here, and that a process wrote which died before it could say so. */
  settle(name: string): Promise<void>;
  /** null when there is none. */
  size(name: string): Promise<number | null>;
  /** null when there is none. */
  read(name: string): Promise<Uint8Array | null>;
  readSync(name: string): Uint8Array | null;
  has(name: string): boolean;
  /** Durable on resolve; true when there was one. */
  remove(name: string): Promise<boolean>;
}

/** Bytes stored by each user. Not on any proof's path: after a power cut it may have forgotten the last uploads. */
export interface Usage {
  bytesOf(user: string): number;
  add(user: string, bytes: number): void;
}

const REMEMBERED = 20_000;

export class Blobs {
  readonly #files: BlobFiles;
  readonly #usage: Usage;
  readonly #limits: FacilityLimits;
  readonly #present = new Set<string>();
  readonly #writing = new Map<string, Promise<void>>();

  constructor(files: BlobFiles, usage: Usage, limits: FacilityLimits) {
    this.#files = files;
    this.#usage = usage;
    this.#limits = limits;
  }

  /**
   * Stores a blob for `user` (an address). Durable on resolve; false when it was here already.
   * Throws `blob_too_large`, `blob_hash_mismatch`, `quota_exceeded`, `disk_full`, `store_failed`.
   */
  async put(hash: Hash, bytes: Uint8Array, user: Uint8Array): Promise<boolean> {
    if (bytes.length > this.#limits.blobBytes) throw new VitalsealError('blob_too_large');
    const name = toHex(hash);
    const owner = toHex(user);
    const known = this.#writing.get(name) ?? (this.has(hash) ? Promise.resolve() : null);
    if (known === null && this.#usage.bytesOf(owner) + bytes.length > this.#limits.storedBytesPerUser) {
      throw new VitalsealError('quota_exceeded', 'this user has no room left here');
    }
    // Also for a blob that is here: what a client sends must be what it says.
    if (!equalBytes(sha256(bytes), hash)) throw new VitalsealError('blob_hash_mismatch');
    if (known !== null) {
      await known;
      await this.#files.settle(name);
      return false;
    }
    // Counted before it is written, so that uploads at the same time cannot pass the quota together.
    this.#usage.add(owner, bytes.length);
    const written = this.#files.write(name, bytes);
    this.#writing.set(name, written);
    try {
      await written;
    } catch (error) {
      this.#usage.add(owner, -bytes.length);
      throw error;
    } finally {
      this.#writing.delete(name);
    }
    this.#remember(name);
    return true;
  }

  /** Whether the blob is here, durably: not while it is being written, although its name may be there already. */
  has(hash: Hash): boolean {
    const name = toHex(hash);
    if (this.#present.has(name)) return true;
    if (this.#writing.has(name) || !this.#files.has(name)) return false;
    this.#remember(name);
    return true;
  }

  /** How many bytes lie on disk; null when there are none. */
  sizeOf(hash: Hash): Promise<number | null> {
    return this.#files.size(toHex(hash));
  }

  /** The bytes as they lie on disk: the reader checks them against the entry. null when there are none. */
  read(hash: Hash): Promise<Uint8Array | null> {
    return this.#files.read(toHex(hash));
  }

  /** Crypto-shreds one copy of a record: the ledger keeps its commitment only. True when there was one. */
  erase(hash: Hash): Promise<boolean> {
    this.#present.delete(toHex(hash));
    return this.#files.remove(toHex(hash));
  }

  #remember(name: string): void {
    if (this.#present.size >= REMEMBERED) this.#present.delete(this.#present.keys().next().value as string);
    this.#present.add(name);
  }
}
