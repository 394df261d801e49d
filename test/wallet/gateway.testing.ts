// A gateway reduced to what a reader depends on: it enrols, opens an epoch for an owner, and registers sealed records,
// by the ledger's own functions. The agent does the same with everything that makes it durable.
import { deflateRawSync } from 'node:zlib';
import {
  type Address,
  addressOf,
  chainAt,
  commitReadings,
  type Entry,
  type EntryBodies,
  type EntryType,
  emptyRoot,
  encodeBatch,
  encodeEnvelopeSet,
  epochId,
  FacilityClient,
  Frontier,
  generateRecipientKey,
  generateSigningKey,
  inviteMac,
  leafHash,
  newBatchSalt,
  openEntry,
  parseInvite,
  type Reading,
  type RecordRegister,
  randomBytes,
  type SigningKey,
  sealEnvelopes,
  sealRecord,
  sha256,
  signEntry,
  signRecoveryProof,
  streamId,
  type Transport,
} from '@vitalseal/ledger';

export class SmallGateway {
  readonly #client: FacilityClient;
  readonly #origin: string;
  readonly #key: SigningKey = generateSigningKey();
  readonly #history = new Frontier();
  readonly #secret = randomBytes(32);
  #records = 0;
  #counter = 0;

  constructor(transport: Transport, origin: string) {
    this.#client = new FacilityClient(transport, origin);
    this.#origin = origin;
  }

  get address(): Address {
    return addressOf(this.#key.publicKey);
  }

  get #auth() {
    return { key: this.#key, now: () => Math.floor(Date.now() / 1000) };
  }

  /** Registers itself and is delegated to by the registrar. */
  async enrol(code: string, owner: Address): Promise<void> {
    const invite = parseInvite(code);
    const recovery = generateSigningKey();
    const body = {
      signingKey: this.#key.publicKey,
      recipient: (await generateRecipientKey()).recipient,
      recoveryRecipient: (await generateRecipientKey()).recipient,
      recoverySigningKey: recovery.publicKey,
      role: 'gateway' as const,
      recoveryProof: signRecoveryProof(this.#origin, this.#key.publicKey, recovery),
      minted: false,
    };
    const voucher = await this.#client.vouch({ inviteId: invite.id, mac: inviteMac(invite.secret, body), body });
    await this.submit('user.register', { ...body, voucher });
    await this.#client.delegate({ owner }, this.#auth);
  }

  /** Opens an epoch for the owner; `reader` is to whom it is really sealed, `sealed` what is really in the envelopes. */
  async openEpoch(owner: Address, reader?: string, sealed: Uint8Array = this.#secret): Promise<void> {
    const [first] = await this.#client.user(owner);
    const { entry } = openEntry((first as { entry: Uint8Array }).entry);
    if (entry.type !== 'user.register') throw new Error('not a registration');
    const recipients = [reader ?? entry.body.recipient, entry.body.recoveryRecipient];
    const set = await sealEnvelopes(
      sealed,
      recipients.map((recipient) => ({ address: owner, recipient })),
    );
    const epoch = epochId(this.#secret);
    await this.#client.putEnvelopes(epoch, encodeEnvelopeSet(set), this.#auth);
    await this.submit('epoch.open', { owner, epoch, envelopeRoot: set.root, envelopeCount: set.count });
  }

  /** Seals and registers readings; `change` falsifies the entry before it is signed. */
  async register(owner: Address, readings: readonly Omit<Reading, 'counter'>[], change: Partial<RecordRegister> = {}) {
    const counted = readings.map((reading) => ({ ...reading, counter: this.#counter++ }));
    const salt = newBatchSalt();
    const place = { origin: this.#origin, owner, signer: this.address, epoch: epochId(this.#secret) };
    const index = this.#records++;
    const header = {
      ...{ ...place, index, version: 1, recordId: randomBytes(16), count: counted.length },
      ...{ firstCounter: this.#counter - counted.length, lastCounter: this.#counter - 1 },
    };
    const { plaintext, ordered } = encodeBatch(counted, salt, (bytes) => deflateRawSync(bytes));
    const stream = streamId(this.#origin, owner, this.address);
    const file = await sealRecord({ ...place, plaintext, stream, index, chainKey: chainAt(this.#secret, index) });
    const blobHash = sha256(file);
    await this.#client.putBlob(blobHash, file, this.#auth);
    const body: RecordRegister = {
      ...{
        owner,
        recordId: header.recordId,
        version: 1,
        previous: null,
        interval: { start: 1700000100, end: 1700000400 },
      },
      ...{ clock: 'synchronised', contentType: 'application/vnd.vitalseal.batch', blobHash, blobSize: file.length },
      ...{ commitment: commitReadings(header, salt, ordered).root, epoch: place.epoch, index },
      ...change,
    };
    await this.submit('record.register', body);
    return { recordId: body.recordId, blobHash };
  }

  async submit<T extends EntryType>(type: T, body: EntryBodies[T]): Promise<void> {
    const bytes = signEntry(
      {
        ...{ type, body, origin: this.#origin, signer: this.address },
        ...{ seq: this.#history.size, history: this.#history.root(), seen: { size: 0, root: emptyRoot } },
      } as Entry,
      this.#key,
    );
    const [answer] = await this.#client.submit([bytes]);
    if (answer?.kind !== 'receipt') throw new Error(`refused: ${answer?.code}`);
    this.#history.append(leafHash(bytes));
  }
}

/** A reading of device pump-1 with an exact decimal. */
export function reading(mantissa: number, exponent: number, code = 'MDC_FLOW_FLUID_PUMP'): Omit<Reading, 'counter'> {
  return {
    ...{ device: 'pump-1', code, mdc: null, unit: 'mL/h', value: { kind: 'decimal', mantissa, exponent } },
    ...{ deviceTime: '2026-11-20T10:00:00.250Z', wallMs: 1700000200000, monotonicMs: 5000, clock: 'synchronised' },
    ...{ group: 0, context: null },
  };
}
