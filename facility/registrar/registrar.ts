// The registrar of this facility: vouches for newcomers who hold an invite, says which gateway may register for whom
// (in this version in the owner's place, marked as such), and gives new keys to who lost theirs. Whatever it signs goes
// through the engine like anybody's entry.
import {
  type Address,
  type Entry,
  type EntryHead,
  type EntryOf,
  type EntryType,
  emptyRoot,
  equalBytes,
  Frontier,
  type Hash,
  inviteMac,
  type RotationRequest,
  rotationMac,
  type SigningKey,
  signEntry,
  signVoucher,
  type UnvouchedRegister,
  VitalsealError,
  type VouchAnswer,
  type VouchRequest,
} from '@vitalseal/ledger';
import type { EntryResult } from '../engine/engine.ts';
import type { About } from '../state/store.ts';
import type { LedgerState } from '../state/view.ts';
import type { Invites } from './invites.ts';

export interface RegistrarParts {
  readonly key: SigningKey;
  readonly address: Address;
  readonly state: LedgerState;
  readonly invites: Invites;
  /** The final checkpoint that its entries have seen. */
  readonly seen: () => { size: number; root: Hash };
  /** Orders one entry; resolves when it is decided and durable. */
  readonly submit: (entry: Uint8Array) => Promise<EntryResult>;
  /** Where the newest of the entries about somebody is that `matches`. */
  readonly placeOf: (about: About, matches: (entry: Entry) => boolean) => Placed | null;
}

export interface Placed {
  readonly leaf: Hash;
  readonly index: number;
}

export class Registrar {
  readonly #parts: RegistrarParts;
  // One entry at a time: each takes the seq that the one before it left.
  #last: Promise<unknown> = Promise.resolve();

  constructor(parts: RegistrarParts) {
    this.#parts = parts;
  }

  get address(): Address {
    return this.#parts.address;
  }

  /**
   * A voucher for the newcomer that an invite asks for. The invite is used from then on, for this body.
   * Throws `invite_refused`.
   */
  vouch({ inviteId, mac, body }: VouchRequest): VouchAnswer {
    const { invites } = this.#parts;
    invites.use(
      inviteId,
      mac,
      (secret) => inviteMac(secret, body),
      (invite) => invite.role === body.role && !body.minted,
    );
    return this.voucher(body);
  }

  /** The registrar's word for a newcomer that it knows itself. */
  voucher(body: UnvouchedRegister): VouchAnswer {
    const { state, key, address } = this.#parts;
    return { registrar: address, signature: signVoucher(state.origin, body, key) };
  }

  /** Delegates `owner` to `gateway`, or ends it. Asked again, it answers with the entry that is there. */
  async delegate(gateway: Address, owner: Address, end: boolean): Promise<Placed> {
    const { state, placeOf } = this.#parts;
    if (state.delegation(owner, gateway) !== end) {
      const there = placeOf({ kind: 'gateway', address: gateway }, (entry) => isAbout(entry, owner));
      if (there !== null) return there;
    }
    return this.#sign({
      type: end ? 'device.end' : 'device.delegate',
      body: { gateway, owner, authority: 'registrar' },
    });
  }

  /**
   * Signs a key.rotate for the subject that an invite is bound to. Asked again, it answers with the entry that is there.
   * Throws `invite_refused`, `authority_invalid`, and what `apply` refuses.
   */
  async rotate({ inviteId, mac, body }: RotationRequest): Promise<Placed> {
    const { invites, state, placeOf } = this.#parts;
    if (body.authority !== 'registrar') throw new VitalsealError('authority_invalid');
    invites.use(
      inviteId,
      mac,
      (secret) => rotationMac(secret, body),
      (invite) => invite.subject !== null && equalBytes(invite.subject, body.subject),
    );
    const key = state.user(body.subject)?.signingKey;
    if (key !== undefined && equalBytes(key, body.signingKey)) {
      const there = placeOf({ kind: 'user', address: body.subject }, () => true);
      if (there !== null) return there;
    }
    return this.#sign({ type: 'key.rotate', body });
  }

  #sign(wish: Wish): Promise<Placed> {
    const turn = this.#last.then(async () => {
      const bytes = signEntry({ ...this.#head(), ...wish } as Entry, this.#parts.key);
      const result = await this.#parts.submit(bytes);
      if (result.status === 'refused') throw new VitalsealError(result.code);
      return { leaf: result.leaf, index: result.index };
    });
    this.#last = turn.catch(() => {});
    return turn;
  }

  #head(): EntryHead {
    const { state, address, seen } = this.#parts;
    const signer = state.signer(address);
    const history = signer === null ? emptyRoot : Frontier.from(signer.frontier).root();
    return { origin: state.origin, signer: address, seq: signer?.seq ?? 0, history, seen: seen() };
  }
}

type Wish = { [T in EntryType]: { type: T; body: EntryOf<T>['body'] } }[EntryType];

function isAbout(entry: Entry, owner: Address): boolean {
  return (entry.type === 'device.delegate' || entry.type === 'device.end') && equalBytes(entry.body.owner, owner);
}
