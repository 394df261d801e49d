// How each thing that the rules ask for lies in the store: a kind, a key and a few bytes.
import {
  ADDRESS_BYTES,
  type Address,
  type CborValue,
  concat,
  decodeCbor,
  type Effect,
  type EpochState,
  encodeCbor,
  HASH_BYTES,
  type Hash,
  type Role,
  type SignerState,
  type UserState,
} from '@vitalseal/ledger';

export interface RecordHead {
  readonly owner: Address;
  readonly first: Hash;
}

/** Value of each kind of row. */
export interface StateValues {
  /** By address. */
  user: UserState;
  /** By address. */
  signer: SignerState;
  /** By signing or recovery key: whose it is or was. */
  key: Address;
  /** By owner ‖ gateway: whether it holds. */
  delegation: boolean;
  /** By the epoch's name. */
  epoch: EpochState;
  /** By record id: its owner, and the leaf of its first version. */
  record: RecordHead;
  /** By record id ‖ leaf: the version, from the second on: most records have only one. */
  version: number;
}
export type StateKind = keyof StateValues;

export interface StatePut<K extends StateKind = StateKind> {
  readonly kind: K;
  readonly key: Uint8Array;
  readonly value: StateValues[K];
}

/** The rows that an effect puts. */
export function rowsOf(effect: Effect): StatePut[] {
  switch (effect.kind) {
    case 'put-user':
      return [{ kind: 'user', key: effect.user.address, value: effect.user }];
    case 'put-key':
      return [{ kind: 'key', key: effect.key, value: effect.address }];
    case 'put-signer':
      return [{ kind: 'signer', key: effect.address, value: effect.signer }];
    case 'put-delegation':
    case 'end-delegation':
      return [
        { kind: 'delegation', key: concat(effect.owner, effect.gateway), value: effect.kind === 'put-delegation' },
      ];
    case 'put-epoch':
      return [{ kind: 'epoch', key: effect.epoch, value: effect.state }];
    case 'put-record': {
      const { recordId, owner, leaf, version, previous } = effect;
      return previous === null
        ? [{ kind: 'record', key: recordId, value: { owner, first: leaf } }]
        : [{ kind: 'version', key: concat(recordId, leaf), value: version }];
    }
  }
}

interface RowCodec<T> {
  encode(value: T): Uint8Array;
  decode(bytes: Uint8Array): T;
}

const own = (bytes: Uint8Array): Uint8Array => Uint8Array.from(bytes);

const user: RowCodec<UserState> = {
  encode: (u) =>
    encodeCbor([
      u.address,
      u.role,
      u.signingKey,
      u.recipient,
      u.recoveryRecipient,
      u.recoverySigningKey,
      u.minted,
    ] satisfies CborValue[]),
  decode(bytes) {
    const [address, role, signingKey, recipient, recoveryRecipient, recoverySigningKey, minted] = decodeCbor(
      bytes,
    ) as readonly [Address, Role, Uint8Array, string, string, Uint8Array, boolean];
    return { address, role, signingKey, recipient, recoveryRecipient, recoverySigningKey, minted };
  },
};

// Written with every block, so by hand: seq as f64 (exact for every safe integer), then the peaks.
const signer: RowCodec<SignerState> = {
  encode({ seq, frontier }) {
    const head = new Uint8Array(8);
    new DataView(head.buffer).setFloat64(0, seq);
    return concat(head, ...frontier.peaks);
  },
  decode(bytes) {
    const seq = new DataView(bytes.buffer, bytes.byteOffset).getFloat64(0);
    const peaks: Hash[] = [];
    for (let at = 8; at < bytes.length; at += HASH_BYTES) peaks.push(own(bytes.subarray(at, at + HASH_BYTES)));
    return { seq, frontier: { size: seq, peaks } };
  },
};

const epoch: RowCodec<EpochState> = {
  encode: ({ owner, gateway, envelopeRoot, envelopeCount }) =>
    encodeCbor([owner, gateway, envelopeRoot, envelopeCount]),
  decode(bytes) {
    const [owner, gateway, envelopeRoot, envelopeCount] = decodeCbor(bytes) as readonly [
      Address,
      Address,
      Hash,
      number,
    ];
    return { owner, gateway, envelopeRoot, envelopeCount };
  },
};

const record: RowCodec<RecordHead> = {
  encode: ({ owner, first }) => concat(owner, first),
  decode: (value) => ({ owner: own(value.subarray(0, ADDRESS_BYTES)), first: own(value.subarray(ADDRESS_BYTES)) }),
};

const bytes: RowCodec<Uint8Array> = { encode: (value) => value, decode: own };
const flag: RowCodec<boolean> = { encode: (value) => Uint8Array.of(value ? 1 : 0), decode: ([first]) => first === 1 };
const count: RowCodec<number> = { encode: encodeCbor, decode: (value) => decodeCbor(value) as number };

export const ROW_CODECS: { readonly [K in StateKind]: RowCodec<StateValues[K]> } = {
  user,
  signer,
  key: bytes,
  delegation: flag,
  epoch,
  record,
  version: count,
};
