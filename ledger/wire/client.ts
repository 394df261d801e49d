// What a facility can be asked, over any transport. It bounds and decodes every answer, and checks what can be checked
// without state: hashes of blobs, and that an answer is about the entry that was sent. Proofs are its caller's business.

import { type Hash, sha256 } from '../crypto.ts';
import { equalBytes, fromUtf8, toHex } from '../encoding/bytes.ts';
import { leafHash } from '../entries/codec.ts';
import { isVitalsealError, VitalsealError } from '../errors.ts';
import { type Address, formatAddress } from '../identity/address.ts';
import type { SigningKey } from '../identity/ed25519.ts';
import { type Answer, openAnswer } from './answer.ts';
import {
  type DelegationRequest,
  type IndexedEntry,
  type IndexedLeaf,
  MESSAGES,
  type ProveAnswer,
  type RotationRequest,
  type SignerSummary,
  type VouchAnswer,
  type VouchRequest,
} from './messages.ts';
import { problemOf } from './problem.ts';
import { signRequest } from './request.ts';
import type { Transport, TransportRequest } from './transport.ts';

/** Who signs a request, and a clock in unix seconds. */
export interface RequestAuth {
  readonly key: SigningKey;
  readonly now: () => number;
}

const KB = 1024;
const TEXT_LIMIT = 64 * KB;
const ROWS_LIMIT = 16 * KB * KB;
const BLOB_LIMIT = 64 * KB * KB;
const TIMEOUT_MS = 30_000;
const NONE = new Uint8Array(0);

type Ask = Omit<TransportRequest, 'method' | 'path'> & { readonly auth?: RequestAuth };

/** Every method throws the facility's code, or `facility_unreachable`, `answer_invalid`. No method retries what may have been done. */
export class FacilityClient {
  readonly #transport: Transport;
  readonly #origin: string | undefined;
  /** Facility's clock minus ours, in seconds, once it told us that ours is off. */
  #clockOffset = 0;

  /** `origin` is needed for signed requests, and compared in receipts when it is given. */
  constructor(transport: Transport, origin?: string) {
    this.#transport = transport;
    this.#origin = origin;
  }

  /** The policy's text, untrusted: compare its hash. */
  async policy(): Promise<string> {
    return this.#text(await this.#get('/policy', { maxBytes: TEXT_LIMIT }));
  }

  /** The final checkpoint's note, unverified. With `min`, waits up to `waitSeconds` for one of at least that size. */
  async checkpoint(options: { min?: number; waitSeconds?: number } = {}): Promise<string> {
    const { query, timeoutMs } = waiting(options);
    return this.#text(await this.#get(`/checkpoint${query([])}`, { maxBytes: TEXT_LIMIT, timeoutMs }));
  }

  /**
   * Submits entries, at most 64 and 1 MB; the answers are in their order, each about that very entry. On resolve what has
   * a receipt is committed. Rejected: nothing is known, and the same bytes may be sent again.
   */
  async submit(entries: readonly Uint8Array[]): Promise<Answer[]> {
    const body = await this.#send('POST', '/v1/entries', MESSAGES.submission.encode(entries), { maxBytes: 512 * KB });
    const answers = MESSAGES.answers.decode(body);
    if (answers.length !== entries.length) throw new VitalsealError('answer_invalid', 'not one answer for each entry');
    return answers.map((bytes, i) => this.#answerAbout(bytes, leafHash(entries[i] as Uint8Array)));
  }

  /** Stores a blob under its SHA-256. On resolve it is durable at the facility. */
  async putBlob(hash: Hash, blob: Uint8Array, auth: RequestAuth): Promise<void> {
    await this.#send('PUT', `/v1/blobs/${toHex(hash)}`, blob, { auth, timeoutMs: 120_000 });
  }

  /** The blob with this SHA-256. Throws `blob_damaged` when the bytes have another. */
  async blob(hash: Hash): Promise<Uint8Array> {
    const blob = await this.#get(`/v1/blobs/${toHex(hash)}`, { maxBytes: BLOB_LIMIT, timeoutMs: 120_000 });
    if (!equalBytes(sha256(blob), hash)) throw new VitalsealError('blob_damaged', 'the blob does not have its hash');
    return blob;
  }

  /** Stores an encoded envelope set, signed by the gateway that opens the epoch. On resolve it is durable at the facility. */
  async putEnvelopes(epoch: Hash, set: Uint8Array, auth: RequestAuth): Promise<void> {
    await this.#send('PUT', `/v1/epochs/${toHex(epoch)}/envelopes`, set, { auth });
  }

  /** The encoded envelope for the reader whose key signs. */
  envelope(epoch: Hash, auth: RequestAuth): Promise<Uint8Array> {
    return this.#get(`/v1/epochs/${toHex(epoch)}/envelope`, { auth, maxBytes: TEXT_LIMIT });
  }

  /** Entries that say a user's keys: user.register, then rotations. Unverified. */
  async user(address: Address): Promise<readonly IndexedEntry[]> {
    return MESSAGES.entries.decode(await this.#get(`/v1/users/${formatAddress(address)}`));
  }

  async signer(address: Address): Promise<SignerSummary> {
    return MESSAGES.signer.decode(await this.#get(`/v1/signers/${formatAddress(address)}`));
  }

  /** A signer's leaves from a seq on, at most 1,024. */
  async signerLeaves(address: Address, from: number): Promise<readonly IndexedLeaf[]> {
    return MESSAGES.leaves.decode(await this.#get(`/v1/signers/${formatAddress(address)}/leaves?from=${from}`));
  }

  /** An owner's record.register and epoch.open entries from an index on, ascending, at most 256. Unverified. */
  async ownerRecords(address: Address, from: number): Promise<readonly IndexedEntry[]> {
    return MESSAGES.entries.decode(await this.#get(`/v1/owners/${formatAddress(address)}/records?from=${from}`));
  }

  /** The entry at an index, unverified. */
  entry(index: number): Promise<Uint8Array> {
    return this.#get(`/v1/entries/${index}`, { maxBytes: TEXT_LIMIT });
  }

  /** Proofs from a final checkpoint of at least `min`: consistency with size `from`, inclusion of `index`. Unverified. */
  async prove(ask: { from: number; index: number; min?: number; waitSeconds?: number }): Promise<ProveAnswer> {
    const { query, timeoutMs } = waiting(ask);
    const path = `/v1/prove${query([`from=${ask.from}`, `index=${ask.index}`])}`;
    return MESSAGES.prove.decode(await this.#get(path, { maxBytes: 2 * TEXT_LIMIT, timeoutMs }));
  }

  /** Asks the registrar to vouch for a new user with an invite. */
  async vouch(ask: VouchRequest): Promise<VouchAnswer> {
    return MESSAGES.vouched.decode(await this.#send('POST', '/v1/vouch', MESSAGES.vouch.encode(ask)));
  }

  /** Asks the registrar to delegate from an owner to the gateway that signs (or to end it). */
  async delegate(ask: { owner: Address; end?: boolean }, auth: RequestAuth): Promise<Answer> {
    const request: DelegationRequest = { owner: ask.owner, end: ask.end ?? false };
    return this.#answer(await this.#send('POST', '/v1/delegations', MESSAGES.delegation.encode(request), { auth }));
  }

  /** Asks the registrar to rotate the keys of the user whose invite this is. */
  async rotate(ask: RotationRequest): Promise<Answer> {
    return this.#answer(await this.#send('POST', '/v1/rotations', MESSAGES.rotation.encode(ask)));
  }

  #answer(bytes: Uint8Array): Answer {
    const answer = openAnswer(bytes);
    if (this.#origin !== undefined && answer.origin !== this.#origin) {
      throw new VitalsealError('receipt_invalid', 'the answer is of another ledger');
    }
    return answer;
  }

  #answerAbout(bytes: Uint8Array, leaf: Hash): Answer {
    const answer = this.#answer(bytes);
    if (!equalBytes(answer.leaf, leaf))
      throw new VitalsealError('receipt_invalid', 'the answer is about another entry');
    return answer;
  }

  #text(body: Uint8Array): string {
    try {
      return fromUtf8(body);
    } catch {
      throw new VitalsealError('answer_invalid', 'not text');
    }
  }

  #get(path: string, ask: Ask = {}): Promise<Uint8Array> {
    return this.#exchange('GET', path, ask);
  }

  #send(method: 'PUT' | 'POST', path: string, body: Uint8Array, ask: Ask = {}): Promise<Uint8Array> {
    return this.#exchange(method, path, { maxBytes: TEXT_LIMIT, ...ask, body });
  }

  async #exchange(method: TransportRequest['method'], path: string, ask: Ask): Promise<Uint8Array> {
    try {
      return await this.#once(method, path, ask);
    } catch (error) {
      // A gateway without a clock signs with a wrong time; the facility tells its own. It only judges by that one anyway.
      if (!isVitalsealError(error, 'request_expired') || ask.auth === undefined) throw error;
      const told = error.detail?.timeSeconds;
      if (typeof told !== 'number') throw error;
      this.#clockOffset = told - ask.auth.now();
      return this.#once(method, path, ask);
    }
  }

  async #once(method: TransportRequest['method'], path: string, ask: Ask): Promise<Uint8Array> {
    const { auth, ...request } = ask;
    const headers: Record<string, string> = {};
    if (request.body !== undefined) headers['content-type'] = 'application/octet-stream';
    if (auth !== undefined) headers.authorization = this.#authorise(method, path, request.body ?? NONE, auth);
    const maxBytes = request.maxBytes ?? ROWS_LIMIT;
    const answer = await this.#carry({ timeoutMs: TIMEOUT_MS, ...request, method, path, headers, maxBytes });
    if (answer.status < 200 || answer.status > 299) throw problemOf(answer.status, answer.body);
    if (answer.body.length > maxBytes) throw new VitalsealError('answer_invalid', 'the answer is too large');
    return answer.body;
  }

  async #carry(request: TransportRequest): ReturnType<Transport> {
    try {
      return await this.#transport(request);
    } catch (error) {
      if (isVitalsealError(error)) throw error;
      throw new VitalsealError('facility_unreachable', undefined, { cause: (error as Error | undefined)?.message });
    }
  }

  #authorise(method: string, path: string, body: Uint8Array, auth: RequestAuth): string {
    if (this.#origin === undefined) throw new VitalsealError('not_enrolled', 'a signed request needs the origin');
    return signRequest(method, path, body, auth.key, this.#origin, auth.now() + this.#clockOffset);
  }
}

function waiting(ask: { min?: number; waitSeconds?: number }): { query(more: string[]): string; timeoutMs: number } {
  const parts: string[] = [];
  if (ask.min !== undefined) parts.push(`min=${ask.min}`);
  if (ask.waitSeconds !== undefined) parts.push(`wait=${ask.waitSeconds}`);
  return {
    query: (more) => {
      const all = [...more, ...parts];
      return all.length === 0 ? '' : `?${all.join('&')}`;
    },
    timeoutMs: TIMEOUT_MS + (ask.waitSeconds ?? 0) * 1000,
  };
}
