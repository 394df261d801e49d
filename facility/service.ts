// A running facility as its process holds it: what the control socket, the command and an embedding demo can ask.
import { formatAddress, parseAddress, policyHash, type Role, toHex, VitalsealError } from '@vitalseal/ledger';
import type { ControlHandlers } from './control/control.ts';
import type { Node } from './node.ts';
import { type Minted, mint } from './registrar/mint.ts';

/** Roles that can be invited. The registrar's and the facility's own are given at the founding. */
export const INVITABLE = ['patient', 'gateway', 'doctor', 'insurer', 'legal'] as const satisfies readonly Role[];

/** A newcomer's role, or the address of somebody who gets new keys. */
export type InviteFor = { readonly role: string } | { readonly subject: string };

export interface FacilityStatus {
  readonly running: boolean;
  readonly origin: string;
  readonly registrar: string;
  readonly policyHash: string;
  readonly height: number;
  readonly entries: number;
  readonly checkpoint: { readonly size: number };
}

/** A facility that was just set up. */
export interface InitResult {
  readonly origin: string;
  readonly registrar: string;
  readonly facility: string;
  readonly policyHash: string;
  /** File with the recovery keys of both: to be printed, kept in a drawer, and removed. */
  readonly recovery: string;
}

/** A facility that runs in this process. */
export interface Facility {
  readonly url: string;
  readonly origin: string;
  readonly policyText: string;
  invite(wish: InviteFor): string;
  status(): FacilityStatus;
  /** Resolves when the ordering engine has given up: stop, and start again. */
  readonly failed: Promise<void>;
  /** Answers what is under way, then closes everything. */
  stop(): Promise<void>;
}

/** The text of a minted key pair's file. */
export type KeyFile = (minted: Minted, origin: string, policyText: string) => string;

export class FacilityService {
  readonly #node: Node;
  readonly #keyFile: KeyFile;

  constructor(node: Node, keyFile: KeyFile) {
    this.#node = node;
    this.#keyFile = keyFile;
  }

  /** A single-use invite's code; durable on return. Throws `usage`, `address_invalid`, `not_found`. */
  invite(wish: InviteFor): string {
    if ('subject' in wish) {
      const subject = parseAddress(wish.subject);
      if (this.#node.state.user(subject) === null)
        throw new VitalsealError('not_found', 'nobody has this address here');
      return this.#node.invites.issue({ role: null, subject });
    }
    return this.#node.invites.issue({ role: invitable(wish.role), subject: null });
  }

  /** Registers a minted key pair; durable on resolve. `text` is its key file, which exists nowhere else. */
  async mint(role: string): Promise<{ address: string; text: string }> {
    const minted = await mint(this.#node, invitable(role));
    return { address: minted.address, text: this.#keyFile(minted, this.#node.origin, this.#node.policyText) };
  }

  status(): FacilityStatus {
    const { store, publisher, origin, registrar, policyText } = this.#node;
    const head = store.head();
    return {
      running: true,
      origin,
      registrar: formatAddress(registrar.address),
      policyHash: toHex(policyHash(policyText)),
      height: head.height,
      entries: head.size,
      checkpoint: { size: publisher.current?.size ?? 0 },
    };
  }

  /** Crypto-shreds what is stored here under a blob's hash. True when there was something. */
  eraseBlob(hash: Uint8Array): Promise<boolean> {
    return this.#node.blobs.erase(hash);
  }

  handlers(): ControlHandlers {
    return {
      status: async () => this.status(),
      invite: async ({ role, subject }) => ({
        code: this.invite(typeof subject === 'string' ? { subject } : { role: String(role) }),
      }),
      mint: async ({ role }) => this.mint(String(role)),
    };
  }
}

function invitable(name: string): Role {
  const role = INVITABLE.find((one) => one === name);
  if (role === undefined) {
    throw new VitalsealError('usage', `a role is one of: ${INVITABLE.join(', ')}`);
  }
  return role;
}
