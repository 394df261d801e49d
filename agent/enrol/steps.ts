// Enrolment, step by step. Each step ends in `save`, which is durable; between any two the power may go, and the same
// command again goes on from the last one. Nothing leaves this gateway before it is saved here.
//
//   policy ─► keys ─► voucher ─► entry ─► registered ─► identity ─► delegated ─► done
//                └─ again: rotated by the registrar ────┘
import {
  type Address,
  type Answer,
  addressOf,
  equalBytes,
  FacilityClient,
  formatAddress,
  inviteMac,
  isVitalsealError,
  leafHash,
  ownHistoryRoot,
  parseAddress,
  parseInvite,
  parsePolicy,
  policyHash,
  rotationMac,
  type SigningKey,
  signingKeyOf,
  type Transport,
  toHex,
  VitalsealError,
} from '@vitalseal/ledger';
import type { Enrolment, OwnKeys, OwnRow } from './enrolment.ts';
import { makeKeys, registerBody, registerEntry, rotateBody, rotateEntry } from './entries.ts';
import { facilityKeyCheck } from './facility-key.ts';
import { verifyPerson } from './person.ts';

/** Who says that we may be enrolled. */
export type Permission =
  | { readonly kind: 'code'; readonly code: string }
  /** A minted key pair: address, signing key and policy hash of its file. */
  | { readonly kind: 'key'; readonly address: Address; readonly key: SigningKey; readonly policy: Uint8Array };

export interface EnrolPorts {
  readonly transport: Transport;
  /** `vs1…` of who this gateway collects for. */
  readonly owner: string;
  readonly facility: string;
  readonly permission: Permission;
  /** The enrolment that is in force; a new one replaces it only when it is done. */
  readonly before: Enrolment | null;
  /** One that was begun and not finished. */
  readonly draft: Enrolment | null;
  readonly nowSeconds: () => number;
  readonly pinSeen: () => string | null;
  /** Keeps the draft. Durable on return. */
  readonly save: (draft: Enrolment) => void;
  /** Puts it in force and drops the draft. Durable on return. */
  readonly finish: (enrolment: Enrolment) => void;
  /** The identity file. Durable on return. */
  readonly saveIdentity: (enrolment: Enrolment, keys: OwnKeys) => void;
  /** After an `again`: the vault takes up the ledger's history. Durable on resolve; may be called twice. */
  readonly rejoin: (enrolment: Enrolment, client: FacilityClient) => Promise<void>;
  /** For crash tests: called with the name of each step after it was saved. */
  readonly at?: ((step: string) => void) | undefined;
}

/** Enrols, or goes on with an enrolment. The result is saved, and done. Throws what the facility refuses. */
export async function enrol(ports: EnrolPorts): Promise<Enrolment> {
  const of = nameOf(ports.permission);
  if (ports.before?.of === of) {
    if (ports.before.owner === ports.owner) return ports.before;
    throw new VitalsealError('folder_exists', 'this gateway is enrolled already, for another owner');
  }
  const going = ports.draft?.of === of ? ports.draft : null;
  // What was mistyped the first time may be said otherwise now.
  const { owner: ownerText, facility } = ports;
  let now = going === null ? await begin(ports, of) : { ...going, owner: ownerText, facility };
  const client = new FacilityClient(ports.transport, now.origin);
  const save = (step: string, change: Partial<Enrolment>) => {
    now = { ...now, ...change };
    ports.save(now);
    ports.at?.(step);
  };
  if (going === null) save('begun', {});

  const isFacilityKey = facilityKeyCheck(client, now.origin);
  const owner = parseAddress(now.owner);
  await checkOwner(client, now.origin, owner);
  const keys = now.keys ?? (await makeKeys());
  if (now.keys === null) {
    const address = now.kind === 'code' ? formatAddress(addressOf(signingKeyOf(keys.signing).publicKey)) : now.address;
    save('keys', { keys, address });
  }
  if (now.kind === 'again') await rotateAgain(ports, client, now, keys, isFacilityKey);
  else if (now.own.at(-1)?.index == null) {
    if (now.entry === null) save('entry', await makeEntry(ports, client, now, keys, save));
    const [answer] = await client.submit([now.entry as Uint8Array]);
    const index = await placeIn(answer, isFacilityKey).catch((error) => maybeUsed(now.kind, error));
    save('registered', { own: now.own.map((row) => (row.entry === null ? row : { ...row, index })) });
  }
  // The identity comes before the delegation, which it signs; nothing is lost when it is written twice.
  ports.saveIdentity(now, keys);
  ports.at?.('identity');
  await delegate(client, owner, { key: signingKeyOf(keys.signing), now: ports.nowSeconds });
  ports.at?.('delegated');
  if (now.kind === 'again') {
    const chain = (await client.user(parseAddress(now.address))).slice(1).map((row) => row.entry);
    await ports.rejoin(now, client);
    save('rejoined', { chain });
  }
  now = { ...now, done: true, keys: null, entry: null, voucher: null, pin: ports.pinSeen() };
  ports.finish(now);
  ports.at?.('done');
  return now;
}

function nameOf(permission: Permission): string {
  return permission.kind === 'code' ? toHex(parseInvite(permission.code).id) : formatAddress(permission.address);
}

/** The facility's policy, which must be the one that the invite or key file names, and a fresh plan. */
async function begin({ transport, permission, before, facility, owner }: EnrolPorts, of: string): Promise<Enrolment> {
  parseAddress(owner);
  const policy = await new FacilityClient(transport).policy();
  const expected = permission.kind === 'code' ? parseInvite(permission.code).policyHash : permission.policy;
  if (!equalBytes(policyHash(policy).slice(0, expected.length), expected)) {
    throw new VitalsealError('policy_mismatch', 'the facility shows another policy than the invite or key file names');
  }
  const origin = parsePolicy(policy).logs[0]?.key.name;
  if (origin === undefined) throw new VitalsealError('policy_invalid', 'the policy names no log');
  const again = before !== null;
  if (again && before.origin !== origin)
    throw new VitalsealError('origin_mismatch', 'this gateway is enrolled in another ledger');
  if (again && permission.kind === 'key') {
    throw new VitalsealError('folder_exists', 'this gateway is enrolled already; new keys need a code');
  }
  const address = again ? before.address : permission.kind === 'key' ? formatAddress(permission.address) : '';
  return {
    version: 1,
    kind: again ? 'again' : permission.kind,
    ...{ of, facility, origin, policy, owner, address },
    ...{ pin: null, keys: null, entry: null, voucher: null, done: false },
    own: again ? before.own : [],
    chain: again ? before.chain : [],
  };
}

async function checkOwner(client: FacilityClient, origin: string, owner: Address): Promise<void> {
  const rows = await client.user(owner).catch((error) => {
    if (isVitalsealError(error, 'not_found')) throw new VitalsealError('owner_unknown');
    throw error;
  });
  const person = verifyPerson(
    origin,
    owner,
    rows.map((row) => row.entry),
  );
  if (person.role === 'gateway') throw new VitalsealError('authority_invalid', 'a gateway owns no readings');
}

type Made = Pick<Enrolment, 'own' | 'chain'> & { readonly entry: Uint8Array };

async function makeEntry(
  { permission }: EnrolPorts,
  client: FacilityClient,
  now: Enrolment,
  keys: OwnKeys,
  save: (step: string, change: Partial<Enrolment>) => void,
): Promise<Made> {
  if (permission.kind === 'code') {
    const { id, secret } = parseInvite(permission.code);
    const body = registerBody(now.origin, keys);
    const voucher = now.voucher ?? (await client.vouch({ inviteId: id, mac: inviteMac(secret, body), body }));
    if (now.voucher === null) save('voucher', { voucher });
    const entry = registerEntry(now.origin, keys, voucher);
    return { entry, own: [{ seq: 0, leaf: leafHash(entry), entry, index: null }], chain: [] };
  }
  const { address, key } = permission;
  const rows = await client.signerLeaves(address, 0);
  const history = ownHistoryRoot(rows.map((row) => row.leaf));
  const entry = rotateEntry(now.origin, key, { address, seq: rows.length, history }, keys);
  const own: OwnRow[] = rows.map(({ leaf, index }, seq) => ({ seq, leaf, entry: null, index }));
  return { entry, own: [...own, { seq: rows.length, leaf: leafHash(entry), entry, index: null }], chain: [entry] };
}

/** The index in a receipt of the facility. Throws the code of a refusal, or `receipt_invalid`. */
async function placeIn(
  answer: Answer | undefined,
  isFacilityKey: (kid: Uint8Array) => Promise<boolean>,
): Promise<number> {
  if (answer === undefined || !(await isFacilityKey(answer.kid))) throw new VitalsealError('receipt_invalid');
  if (answer.kind === 'refusal') throw new VitalsealError(answer.code);
  return answer.index;
}

/** The keys of a key file are void once one gateway has replaced them. */
function maybeUsed(kind: Enrolment['kind'], error: unknown): never {
  if (kind !== 'key' || !isVitalsealError(error, 'signer_unknown')) throw error;
  throw new VitalsealError(
    'signer_unknown',
    'the ledger does not take these keys: the key file may have been used already',
  );
}

async function rotateAgain(
  { permission }: EnrolPorts,
  client: FacilityClient,
  now: Enrolment,
  keys: OwnKeys,
  isFacilityKey: (kid: Uint8Array) => Promise<boolean>,
): Promise<void> {
  if (permission.kind !== 'code') throw new VitalsealError('usage', 'a gateway is re-enrolled with a code');
  const { id, secret } = parseInvite(permission.code);
  const subject = parseAddress(now.address);
  const body = rotateBody(now.origin, subject, 'registrar', keys);
  await placeIn(await client.rotate({ inviteId: id, mac: rotationMac(secret, body), body }), isFacilityKey);
  const rows = await client.user(subject);
  const person = verifyPerson(
    now.origin,
    subject,
    rows.map((row) => row.entry),
  );
  if (!equalBytes(person.signingKey, body.signingKey))
    throw new VitalsealError('receipt_invalid', 'the ledger shows other keys');
}

/** Has the registrar delegate from `owner` to the gateway that signs; that it is delegated already is just as good. */
export async function delegate(
  client: Pick<FacilityClient, 'delegate'>,
  owner: Address,
  auth: { key: SigningKey; now: () => number },
): Promise<void> {
  try {
    const answer = await client.delegate({ owner }, auth);
    if (answer.kind === 'refusal' && answer.code !== 'device_exists') throw new VitalsealError(answer.code);
  } catch (error) {
    if (!isVitalsealError(error, 'device_exists')) throw error;
  }
}
