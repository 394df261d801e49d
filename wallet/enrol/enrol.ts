// Registering a person, restartable at every step:
//
//   keys ─► pending file ─► voucher ─► entry in the pending file ─► submitted ─► proven ─► identity file
//           (durable)                  (durable, COMMIT POINT: resent as it is)
//
// Started again with the same folder it goes on where it stopped, with the same keys and the same entry.
import {
  addressOf,
  type FacilityClient,
  formatAddress,
  formatIdentity,
  inviteMac,
  isVitalsealError,
  leafHash,
  parseInvite,
  policyHash,
  type Role,
  VitalsealError,
} from '@vitalseal/ledger';
import { TrustedLog, trustedPolicy } from '../trust/trust.ts';
import { decodePending, encodePending, type Pending } from './pending.ts';
import { newPerson, recoveryText, registerBody, registerEntry } from './person.ts';

/** A wallet's folder. Every write has survived a power cut when its promise resolves. */
export interface EnrolFolder {
  identity(): Promise<string | null>;
  pending(): Promise<string | null>;
  writePending(text: string): Promise<void>;
  /** Writes the recovery text, then the identity, and removes the pending file last. */
  finish(identity: string, recovery: string): Promise<void>;
}

export interface EnrolOptions {
  readonly code: string;
  readonly role: Role;
  /** A client without an origin yet, and one for a given origin. */
  readonly client: (origin?: string) => FacilityClient;
  /** How long to wait for the checkpoint that proves the registration. */
  readonly waitSeconds?: number;
}

/**
 * Registers the person whose keys are in `folder`, made there when there are none. Resolves once the registration is
 * proven in the ledger and the identity is on the disk. Throws `folder_exists` when that is done already,
 * `invite_invalid`, `invite_refused`, `policy_mismatch`, `facility_unreachable`, and what the ledger refuses with.
 */
export async function enrolPerson(folder: EnrolFolder, options: EnrolOptions): Promise<{ address: string }> {
  const { code, role, client, waitSeconds = 20 } = options;
  const invite = parseInvite(code);
  const left = await folder.pending();
  if (left === null && (await folder.identity()) !== null) {
    throw new VitalsealError('folder_exists', 'there is an identity in this folder already');
  }
  const policyText = await client().policy();
  const log = TrustedLog.open(trustedPolicy(policyText, invite.policyHash), await client().checkpoint());
  const { origin } = log.held;

  let pending: Pending;
  if (left === null) {
    pending = { origin, policyHash: policyHash(policyText), role, keys: await newPerson(), entry: null };
    await folder.writePending(encodePending(pending));
  } else {
    // The policy that this invite pins, should the facility have another one since the enrolment began.
    pending = { ...decodePending(left), policyHash: policyHash(policyText) };
    // Nobody has vouched yet: what was asked for may still change, and of whom.
    if (pending.entry === null) pending = { ...pending, role, origin };
    if (pending.origin !== origin)
      throw new VitalsealError('origin_mismatch', 'this folder is being enrolled at another facility; use another one');
  }
  const { keys } = pending;
  const facility = client(origin);
  if (pending.entry === null) {
    const body = registerBody(origin, keys, pending.role);
    const asked = facility.vouch({ inviteId: invite.id, mac: inviteMac(invite.secret, body), body });
    const voucher = await asked.catch((error) => refusedFor(pending.role, error));
    const { size, root } = log.held;
    pending = { ...pending, entry: registerEntry(origin, keys, body, voucher, { size, root }) };
    await folder.writePending(encodePending(pending));
  }
  await register(facility, log, pending.entry as Uint8Array, waitSeconds);

  const address = addressOf(keys.signing.publicKey);
  const trusted = { address, origin, policy: pending.policyHash };
  const identity = formatIdentity({ ...trusted, signingKey: keys.signing.secretKey, ...keys.age });
  await folder.finish(identity, recoveryText(trusted, keys));
  return { address: formatAddress(address) };
}

/** Submits the entry and believes nothing but its proof. */
async function register(
  client: FacilityClient,
  log: TrustedLog,
  entry: Uint8Array,
  waitSeconds: number,
): Promise<void> {
  const [answer] = await client.submit([entry]);
  if (answer === undefined) throw new VitalsealError('answer_invalid');
  if (answer.kind === 'refusal') throw new VitalsealError(answer.code, 'the ledger refused the registration');
  await log.prove(client, answer.index, leafHash(entry), waitSeconds);
}

/** The facility does not tell a stranger what an invite is for. */
function refusedFor(role: Role, error: unknown): never {
  if (!isVitalsealError(error, 'invite_refused')) throw error;
  throw new VitalsealError(
    'invite_refused',
    `the invite is unknown, used, expired, or not for a ${role}: if it is for another role, name that with --role`,
  );
}
