// Invites: single-use permissions to be registered, or to be given new keys. The secret in the code never comes back:
// the client shows an HMAC under it over exactly what it asks for, so an eavesdropper can neither use nor change it.
import {
  constantTimeEqual,
  equalBytes,
  formatInvite,
  type Hash,
  type Role,
  randomBytes,
  VitalsealError,
} from '@vitalseal/ledger';

export interface Invite {
  readonly id: Uint8Array;
  readonly secret: Uint8Array;
  /** What the newcomer may become; null for a rotation. */
  readonly role: Role | null;
  /** Whose keys may be rotated; null for a newcomer. */
  readonly subject: Uint8Array | null;
  /** Unix seconds. */
  readonly expires: number;
  /** The MAC over what it was used for; null while unused. */
  readonly usedFor: Hash | null;
}

/** Both writes are durable on return. */
export interface InviteStore {
  add(invite: Invite): void;
  find(id: Uint8Array): Invite | null;
  /** False when it was used for something else meanwhile. */
  use(id: Uint8Array, usedFor: Hash): boolean;
}

export const INVITE_SECONDS = 7 * 24 * 3600;

export interface InviteWish {
  readonly role: Role | null;
  readonly subject: Uint8Array | null;
  readonly seconds?: number;
}

export class Invites {
  readonly #store: InviteStore;
  readonly #policyHash: Hash;
  readonly #now: () => number;

  constructor(store: InviteStore, policyHash: Hash, now: () => number) {
    this.#store = store;
    this.#policyHash = policyHash;
    this.#now = now;
  }

  /** A new invite's code. Durable on return. */
  issue({ role, subject, seconds = INVITE_SECONDS }: InviteWish): string {
    const id = randomBytes(8);
    const secret = randomBytes(16);
    this.#store.add({ id, secret, role, subject, expires: this.#now() + seconds, usedFor: null });
    return formatInvite({ id, secret, policyHash: this.#policyHash.slice(0, 16) });
  }

  /**
   * Uses an invite for one wish: `mac` is the client's over it, `expected` computes it from the secret, `fits` says
   * whether the invite is for such a wish. Durable on return. The same wish again is granted again, because its answer
   * may have been lost. Throws `invite_refused`: the client is not told which of the reasons it was.
   */
  use(id: Uint8Array, mac: Hash, expected: (secret: Uint8Array) => Hash, fits: (invite: Invite) => boolean): void {
    const invite = this.#store.find(id);
    const granted =
      invite !== null &&
      constantTimeEqual(mac, expected(invite.secret)) &&
      fits(invite) &&
      (invite.usedFor === null ? invite.expires > this.#now() : equalBytes(invite.usedFor, mac)) &&
      // COMMIT POINT: from here on this invite is for this wish only.
      (invite.usedFor !== null || this.#store.use(id, mac));
    if (!granted) throw new VitalsealError('invite_refused');
  }
}
