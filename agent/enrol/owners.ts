// The owners whose readings this gateway may seal: each one verified against the ledger and delegated to us. What was
// verified is kept, so that sealing goes on offline after a restart; an owner not yet verified makes its readings wait.
import {
  type Address,
  type CborValue,
  decodeCbor,
  type ErrorCode,
  encodeCbor,
  equalBytes,
  type FacilityClient,
  isRetryable,
  isVitalsealError,
  type Policy,
  type RequestAuth,
  toHex,
  VitalsealError,
} from '@vitalseal/ledger';
import { heldCheckpoint } from '../sync/held.ts';
import { prove } from '../sync/prover.ts';
import type { Vault, VaultOwner } from '../vault/vault.ts';
import { type Person, verifyPerson } from './person.ts';
import { delegate } from './steps.ts';

export interface OwnerPorts {
  readonly vault: Pick<Vault, 'meta' | 'setMeta' | 'setOwners' | 'onUndelegated'>;
  readonly client: Pick<FacilityClient, 'user' | 'delegate' | 'prove'>;
  readonly origin: string;
  readonly policy: Policy;
  readonly auth: RequestAuth;
  readonly after: (ms: number, callback: () => void) => () => void;
  readonly log: (event: string, facts: Readonly<Record<string, unknown>>) => void;
}

/** Milliseconds between looks at the ledger for rotated keys. */
const REFRESH_MS = 10 * 60_000;
/** After a failure: soon while nobody answers, ever later while the answer is no, or is none to speak of. */
const RETRY_MS = { first: 500, trouble: 5_000, no: 60_000 };

interface Known {
  readonly entries: readonly Uint8Array[];
  readonly delegated: boolean;
  /** The ledger says that the delegation is no more: nobody asks for another until an assignment does. */
  readonly ended: boolean;
  readonly person: Person;
}

export class Owners {
  readonly #ports: OwnerPorts;
  #wanted: readonly Address[] = [];
  #known = new Map<string, Known>();
  #undo: () => void = () => {};
  #running: Promise<void> = Promise.resolve();
  #stopped = false;
  /** Rounds in a row in which the ledger said no, and what it said of whom. */
  #refusals = 0;
  readonly #problems = new Map<string, string>();

  constructor(ports: OwnerPorts) {
    this.#ports = ports;
    ports.vault.onUndelegated((owner) => {
      this.#running = this.#running.then(() => this.#ended(owner));
    });
  }

  /**
   * Those whose devices are here. Tells the vault at once what is known of them, and asks the ledger beside. Said again in
   * this life, it asks also for the delegation of those who ended it: a start alone does not undo what an owner did.
   */
  async want(owners: readonly Address[]): Promise<void> {
    for (const [owner, known] of this.#known) this.#known.set(owner, { ...known, ended: false });
    this.#wanted = [...new Map(owners.map((owner) => [toHex(owner), owner])).values()];
    for (const owner of this.#wanted) await this.#recall(owner);
    await this.#tell();
    this.#refusals = 0;
    this.#schedule(0);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#undo();
    await this.#running;
  }

  #schedule(ms: number): void {
    this.#undo();
    if (this.#stopped) return;
    this.#undo = this.#ports.after(ms, () => {
      this.#running = this.#running.then(() => this.#refresh());
    });
  }

  async #refresh(): Promise<void> {
    let failed = false;
    let most: number | null = null;
    for (const owner of this.#wanted) {
      if (this.#stopped) return;
      try {
        await this.#verify(owner);
        this.#problems.delete(toHex(owner));
      } catch (error) {
        failed = true;
        const code: ErrorCode = isVitalsealError(error) ? error.code : 'internal';
        if (code === 'facility_unreachable') continue;
        most = Math.max(most ?? 0, isRetryable(code) ? RETRY_MS.trouble : RETRY_MS.no);
        this.#say(owner, code);
      }
    }
    const wait = RETRY_MS.first * 2 ** Math.min(this.#refusals, 10);
    this.#refusals = most === null ? 0 : this.#refusals + 1;
    this.#schedule(most === null ? (failed ? RETRY_MS.first : REFRESH_MS) : Math.min(most, wait));
  }

  /** Once for each owner and reason: what is asked again and again must not fill the log. */
  #say(owner: Address, code: string): void {
    if (this.#problems.get(toHex(owner)) === code) return;
    this.#problems.set(toHex(owner), code);
    this.#ports.log('an owner is not verified', { code });
  }

  async #verify(owner: Address): Promise<void> {
    const { client, origin, policy, auth, vault } = this.#ports;
    const rows = await client.user(owner);
    const entries = rows.map((row) => row.entry);
    const person = verifyPerson(origin, owner, entries);
    const before = this.#known.get(toHex(owner));
    // A ledger only grows: a shorter or other history of keys would bring an older key back.
    if (before?.entries.some((entry, i) => !equalBytes(entry, entries[i] ?? new Uint8Array(0)))) {
      throw new VitalsealError('recipient_unverified', 'the ledger shows another history of keys than before');
    }
    // A registrar's signature alone moves nobody's keys: who was given others must be able to see it in the ledger.
    const held = await heldCheckpoint(vault);
    for (const { index, entry } of rows.slice(before?.entries.length ?? 0)) {
      await prove(client, { origin, policy, held, index, seq: 0, entry });
    }
    const ended = before?.ended === true;
    if (before?.delegated !== true && !ended) await delegate(client, owner, auth);
    if ((before?.delegated === true || ended) && before?.entries.length === entries.length) return;
    await this.#keep(owner, { entries, person, delegated: !ended, ended });
  }

  /** The ledger refused a record for want of this owner's delegation: what comes from now on waits. */
  async #ended(owner: Address): Promise<void> {
    const known = this.#known.get(toHex(owner));
    if (known?.delegated !== true) return;
    await this.#keep(owner, { ...known, delegated: false, ended: true }).catch((error: unknown) =>
      this.#say(owner, isVitalsealError(error) ? error.code : 'internal'),
    );
    this.#ports.log('a delegation has ended', {});
  }

  async #keep(owner: Address, known: Known): Promise<void> {
    await this.#ports.vault.setMeta({ [metaKey(owner)]: encodeCbor([known.delegated, [...known.entries]]) });
    this.#known.set(toHex(owner), known);
    await this.#tell();
  }

  async #recall(owner: Address): Promise<void> {
    if (this.#known.has(toHex(owner))) return;
    const bytes = await this.#ports.vault.meta(metaKey(owner));
    if (bytes === null) return;
    try {
      const [delegated, entries] = decodeCbor(bytes, { maxBytes: 8 << 20 }) as readonly CborValue[];
      const rows = entries as readonly Uint8Array[];
      // Verified again: what lies on a disk may have been put there.
      const person = verifyPerson(this.#ports.origin, owner, rows);
      this.#known.set(toHex(owner), {
        entries: rows,
        person,
        delegated: delegated === true,
        ended: delegated !== true,
      });
    } catch (error) {
      // The ledger is asked, as for one who was never verified; the readings wait meanwhile.
      this.#say(owner, isVitalsealError(error) ? error.code : 'internal');
    }
  }

  async #tell(): Promise<void> {
    await this.#ports.vault.setOwners(this.#wanted.map((owner) => vaultOwner(owner, this.#known.get(toHex(owner)))));
  }
}

const metaKey = (owner: Address): string => `owner:${toHex(owner)}`;

/** Nothing is sealed to minted keys, nor before the owner's delegation is in the ledger. */
function vaultOwner(owner: Address, known: Known | undefined): VaultOwner {
  if (known === undefined) return { owner, recipients: [], sealed: false };
  const { recipient, recoveryRecipient, minted } = known.person;
  const recipients = [recipient, recoveryRecipient].map((to) => ({ address: owner, recipient: to }));
  return { owner, recipients, sealed: known.delegated && !minted };
}
