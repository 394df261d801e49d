// Whose key signed: an address is the hash of its first key, so an entry by that key names its signer by itself. After
// a rotation the entries in between lead from the first key to the present one; each is verified here, offline.
import { equalBytes, toHex } from '../encoding/bytes.ts';
import { type DecodedEntry, openEntry } from '../entries/codec.ts';
import type { KeyRotate } from '../entries/entry.ts';
import { rotateText } from '../entries/proofs.ts';
import { VitalsealError } from '../errors.ts';
import { type Address, addressOf, formatAddress } from '../identity/address.ts';
import { verifyEd25519 } from '../identity/ed25519.ts';

/** What the chain has shown of one user: all its keys so far, the present one last, and its recovery key if known. */
interface KnownUser {
  readonly keys: readonly Uint8Array[];
  readonly recovery: Uint8Array | null;
}

const refuse = (why: string): never => {
  throw new VitalsealError('proof_invalid', `the signer is not shown: ${why}`);
};

/**
 * The keys that `chain` shows to have been `signer`'s, the first one first; `kid` is the last. The chain may hold
 * rotations of the ledger's first registrar too, where that one rotated the signer's keys. Throws `proof_invalid`, and
 * what `openEntry` throws.
 */
export function signerKeys(
  origin: string,
  signer: Address,
  kid: Uint8Array,
  chain: readonly Uint8Array[],
): Uint8Array[] {
  const users = new Map<string, KnownUser>();
  for (const bytes of chain) {
    const opened = openEntry(bytes);
    if (opened.entry.origin !== origin) return refuse('an entry of another ledger');
    const [address, user] = step(users, opened);
    users.set(toHex(address), user);
  }
  const keys = users.get(toHex(signer))?.keys ?? firstKey(signer, kid);
  if (!equalBytes(keys.at(-1) as Uint8Array, kid)) return refuse('the keys do not lead to the one that signed');
  return [...keys];
}

/** The user that one entry of the chain is about, as it is known after it. */
function step(users: ReadonlyMap<string, KnownUser>, { entry, kid }: DecodedEntry): [Address, KnownUser] {
  if (entry.type === 'user.register') {
    const { signingKey, recoverySigningKey } = entry.body;
    if (!equalBytes(kid, signingKey) || users.has(toHex(entry.signer))) return refuse('a registration by another key');
    return [entry.signer, { keys: firstKey(entry.signer, kid), recovery: recoverySigningKey }];
  }
  if (entry.type !== 'key.rotate') return refuse('an entry that changes no key');
  const { subject, authority, signingKey, recoverySigningKey } = entry.body;
  const before = users.get(toHex(subject));
  checkNextKeyProof(entry.origin, entry.body);
  const keys = authority === 'user' ? presentKeys(before, subject, kid) : (before?.keys ?? []);
  if (authority === 'recovery' && !(before?.recovery && equalBytes(before.recovery, kid))) {
    return refuse('a recovery key that is not known');
  }
  if (authority === 'registrar') {
    presentKeys(users.get(toHex(entry.signer)), entry.signer, kid);
    if (!entry.origin.endsWith(`/${formatAddress(entry.signer)}`)) return refuse('a registrar that is not the first');
  } else if (!equalBytes(entry.signer, subject)) {
    return refuse('a rotation by somebody else');
  }
  return [subject, { keys: [...keys, signingKey], recovery: recoverySigningKey }];
}

/** The user's keys when `kid` is the present one. */
function presentKeys(user: KnownUser | undefined, address: Address, kid: Uint8Array): readonly Uint8Array[] {
  const keys = user?.keys ?? firstKey(address, kid);
  return equalBytes(keys.at(-1) as Uint8Array, kid) ? keys : refuse('a rotation by a key that is not the present one');
}

function firstKey(address: Address, kid: Uint8Array): readonly Uint8Array[] {
  return equalBytes(addressOf(kid), address) ? [kid] : refuse('its first key is missing');
}

function checkNextKeyProof(origin: string, body: KeyRotate): void {
  if (!verifyEd25519(body.signingKey, rotateText(origin, body), body.nextKeyProof)) {
    refuse('a next key that its holder did not prove to have');
  }
}
