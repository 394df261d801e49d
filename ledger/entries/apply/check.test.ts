import { beforeEach, describe, expect, it } from 'vitest';
import { isVitalsealError } from '../../errors.ts';
import { formatAddress } from '../../identity/address.ts';
import { emptyRoot } from '../../tree/hash.ts';
import { decodeEntry, signEntry } from '../codec.ts';
import type { EntryBodies, RecordRegister } from '../entry.ts';
import {
  BODY_EXAMPLES,
  doctor,
  entryOf,
  facility,
  gateway,
  ORIGIN,
  patient,
  person,
  recipientOf,
  registerBody,
  registrar,
  rotateBody,
} from '../people.testing.ts';
import { checkDecodedEntry, checkEntry } from './check.ts';
import { MemoryLedger } from './memory-ledger.testing.ts';

const code = (work: () => unknown): string => {
  try {
    work();
    return 'accepted';
  } catch (error) {
    if (!isVitalsealError(error)) throw error;
    return error.code;
  }
};
const h = (n: number) => new Uint8Array(32).fill(n);
const delegate = BODY_EXAMPLES['device.delegate'];
const epoch = BODY_EXAMPLES['epoch.open'];
const record = BODY_EXAMPLES['record.register'];

let ledger: MemoryLedger;
beforeEach(() => {
  ledger = new MemoryLedger();
  ledger.apply('user.register', registrar, registerBody(registrar));
  ledger.apply('user.register', facility, registerBody(facility));
});

/** Patient and gateway registered, delegated, and an epoch open. */
function ready(): void {
  ledger.apply('user.register', patient, registerBody(patient));
  ledger.apply('user.register', gateway, registerBody(gateway));
  ledger.apply('device.delegate', registrar, delegate);
  ledger.apply('epoch.open', gateway, epoch);
}

describe('the first entry', () => {
  it('is a registrar that vouches for itself, in a ledger named after it', () => {
    const fresh = new MemoryLedger();
    expect(code(() => fresh.apply('user.register', facility, registerBody(facility, false, facility)))).toBe(
      'voucher_invalid',
    );
    expect(code(() => fresh.apply('notice', registrar, BODY_EXAMPLES.notice))).toBe('signer_unknown');
    const other = person(9, 'registrar');
    expect(code(() => fresh.apply('user.register', other, registerBody(other, false, other)))).toBe('voucher_invalid');
    const founder = (change: Partial<EntryBodies['user.register']>, role = registrar.role) => {
      const body = { ...registerBody({ ...registrar, role }), ...change };
      return code(() => fresh.apply('user.register', registrar, body));
    };
    expect(founder({}, 'facility')).toBe('voucher_invalid');
    expect(founder({ voucher: { ...registerBody(registrar).voucher, registrar: other.address } })).toBe(
      'voucher_invalid',
    );
    expect(founder({ voucher: { registrar: registrar.address, signature: new Uint8Array(64) } })).toBe(
      'voucher_invalid',
    );
    const applied = fresh.apply('user.register', registrar, registerBody(registrar));
    expect(applied.duplicate).toBe(null);
    expect(ORIGIN.endsWith(formatAddress(registrar.address))).toBe(true);
  });
});

describe('the head of an entry', () => {
  const body = BODY_EXAMPLES.notice;
  beforeEach(ready);

  it('names this ledger', () => {
    const other = signEntry(entryOf('notice', doctor, body, { origin: 'vitalseal.org/other' }), doctor.key);
    expect(code(() => ledger.applyBytes(other))).toBe('origin_mismatch');
  });

  it('has the next seq: a gap may be sent again, other content for a taken one is refused, the same is a duplicate', () => {
    const next = ledger.sign('notice', patient, body);
    const gap = signEntry({ ...decodeEntry(next).entry, seq: 2 }, patient.key);
    expect(code(() => ledger.applyBytes(gap))).toBe('seq_gap');
    const size = ledger.size();
    expect(ledger.applyBytes(next)).toMatchObject({ duplicate: null, index: size });
    expect(ledger.applyBytes(next)).toMatchObject({ duplicate: { index: size }, effects: [] });
    expect(ledger.size()).toBe(size + 1);
    const other = signEntry(
      { ...decodeEntry(next).entry, body: { ...body, kind: 'damaged-blob', about: h(1), statement: null } } as never,
      patient.key,
    );
    expect(code(() => ledger.applyBytes(other))).toBe('seq_taken');
    ledger.apply('notice', patient, body);
    expect(ledger.applyBytes(next)).toMatchObject({ duplicate: { index: size } });
  });

  it('commits to the own history', () => {
    const wrong = signEntry(
      { ...decodeEntry(ledger.sign('notice', patient, body)).entry, history: emptyRoot },
      patient.key,
    );
    expect(code(() => ledger.applyBytes(wrong))).toBe('history_mismatch');
  });

  it('has seen a root of this tree', () => {
    const next = decodeEntry(ledger.sign('notice', patient, body)).entry;
    const saw = (size: number, root: Uint8Array) => signEntry({ ...next, seen: { size, root } }, patient.key);
    expect(code(() => ledger.applyBytes(saw(2, h(0))))).toBe('seen_mismatch');
    expect(code(() => ledger.applyBytes(saw(1000, h(0))))).toBe('seen_mismatch');
    expect(code(() => ledger.applyBytes(saw(0, h(0))))).toBe('seen_mismatch');
    expect(code(() => checkEntry(ledger, saw(0, emptyRoot)))).toBe('accepted');
    expect(code(() => checkEntry(ledger, saw(3, ledger.rootAt(3) as Uint8Array)))).toBe('accepted');
  });

  it('is signed by the current key of somebody registered', () => {
    expect(code(() => ledger.apply('notice', doctor, body))).toBe('signer_unknown');
    expect(code(() => ledger.apply('notice', patient, body, gateway.key))).toBe('signer_unknown');
    expect(code(() => ledger.apply('notice', patient, body, patient.recovery))).toBe('signer_unknown');
    const forged = ledger.sign('notice', patient, body).slice();
    forged[forged.length - 1] = (forged[forged.length - 1] as number) ^ 1;
    expect(code(() => ledger.applyBytes(forged))).toBe('signature_invalid');
    // Admission has verified it: only then may the signature be passed over.
    expect(code(() => checkDecodedEntry(ledger, decodeEntry(forged), { signatureChecked: true }))).toBe('accepted');
  });
});

describe('user.register', () => {
  it('registers with a registrar’s voucher, once, with keys that nobody had', () => {
    const twin = { ...doctor, recovery: patient.recovery };
    ledger.apply('user.register', patient, registerBody(patient));
    expect(ledger.user(patient.address)).toMatchObject({
      role: 'patient',
      minted: false,
      recipient: patient.recipient,
    });
    expect(code(() => ledger.apply('user.register', patient, registerBody(patient)))).toBe('user_exists');
    expect(code(() => ledger.apply('user.register', twin, registerBody(twin)))).toBe('key_taken');
    const same = { ...doctor, recovery: doctor.key };
    expect(code(() => ledger.apply('user.register', same, registerBody(same)))).toBe('key_taken');
  });

  it('refuses vouchers of others, for others, and wrong proofs', () => {
    const good = registerBody(doctor);
    const with_ = (change: Partial<EntryBodies['user.register']>) => () =>
      ledger.apply('user.register', doctor, { ...good, ...change });
    expect(code(() => ledger.apply('user.register', doctor, registerBody(doctor, false, facility)))).toBe(
      'voucher_invalid',
    );
    expect(code(() => ledger.apply('user.register', doctor, registerBody(doctor, false, patient)))).toBe(
      'voucher_invalid',
    );
    expect(code(with_({ role: 'registrar' }))).toBe('voucher_invalid');
    expect(code(with_({ minted: true }))).toBe('voucher_invalid');
    expect(code(with_({ recipient: recipientOf(60) }))).toBe('voucher_invalid');
    expect(code(with_({ recoveryProof: new Uint8Array(64) }))).toBe('proof_of_possession_invalid');
    expect(code(() => ledger.apply('user.register', doctor, registerBody(patient)))).toBe('signer_unknown');
    expect(code(() => ledger.apply('user.register', doctor, good, patient.key))).toBe('signer_unknown');
    const weak = new Uint8Array(32);
    weak[0] = 1;
    expect(code(with_({ recoverySigningKey: weak }))).toBe('key_invalid');
    expect(code(with_({}))).toBe('accepted');
  });
});

describe('device.delegate and device.end', () => {
  beforeEach(() => {
    ledger.apply('user.register', patient, registerBody(patient));
    ledger.apply('user.register', gateway, registerBody(gateway));
  });

  it('by the owner or a registrar, marked as such', () => {
    expect(code(() => ledger.apply('device.delegate', patient, delegate))).toBe('authority_invalid');
    expect(code(() => ledger.apply('device.delegate', registrar, { ...delegate, authority: 'owner' }))).toBe(
      'authority_invalid',
    );
    expect(code(() => ledger.apply('device.delegate', gateway, { ...delegate, authority: 'owner' }))).toBe(
      'authority_invalid',
    );
    ledger.apply('device.delegate', patient, { ...delegate, authority: 'owner' });
    expect(code(() => ledger.apply('device.delegate', registrar, delegate))).toBe('device_exists');
    ledger.apply('device.end', registrar, delegate);
    expect(code(() => ledger.apply('device.end', registrar, delegate))).toBe('device_ended');
    expect(ledger.delegation(patient.address, gateway.address)).toBe(false);
  });

  it('to a gateway, from somebody registered who is none', () => {
    const to = (change: Partial<typeof delegate>) =>
      code(() => ledger.apply('device.delegate', registrar, { ...delegate, ...change }));
    expect(to({ gateway: facility.address })).toBe('authority_invalid');
    expect(to({ gateway: doctor.address })).toBe('authority_invalid');
    expect(to({ owner: doctor.address })).toBe('owner_unknown');
    expect(to({ owner: gateway.address })).toBe('authority_invalid');
  });
});

describe('epoch.open', () => {
  it('needs a delegation, and a new name', () => {
    ledger.apply('user.register', patient, registerBody(patient));
    ledger.apply('user.register', gateway, registerBody(gateway));
    expect(code(() => ledger.apply('epoch.open', gateway, epoch))).toBe('delegation_missing');
    ledger.apply('device.delegate', registrar, delegate);
    ledger.apply('epoch.open', gateway, epoch);
    expect(code(() => ledger.apply('epoch.open', gateway, epoch))).toBe('epoch_taken');
  });

  it('seals nothing to a minted recipient before its holder has rotated', () => {
    ledger.apply('user.register', patient, registerBody(patient, true));
    ledger.apply('user.register', gateway, registerBody(gateway));
    ledger.apply('device.delegate', registrar, delegate);
    expect(code(() => ledger.apply('epoch.open', gateway, epoch))).toBe('not_rotated');
    ledger.apply('key.rotate', patient, rotateBody(patient, person(6, 'patient')));
    expect(code(() => ledger.apply('epoch.open', gateway, epoch))).toBe('accepted');
  });
});

describe('record.register', () => {
  beforeEach(ready);
  const register = (change: Partial<RecordRegister> = {}) =>
    ledger.apply('record.register', gateway, { ...record, ...change });

  it('in an epoch of its stream, while the delegation lasts', () => {
    expect(code(() => register({ epoch: h(1) }))).toBe('epoch_unknown');
    expect(code(() => ledger.apply('record.register', patient, record))).toBe('epoch_unknown');
    expect(code(() => ledger.apply('record.register', facility, record))).toBe('delegation_missing');
    expect(code(() => register())).toBe('accepted');
    ledger.apply('device.end', registrar, delegate);
    expect(code(() => register({ recordId: new Uint8Array(16), index: 1 }))).toBe('delegation_missing');
  });

  it('once; later versions name the one before, and siblings are kept', () => {
    const first = register().decoded.leaf;
    expect(code(() => register())).toBe('record_exists');
    expect(code(() => register({ version: 2, previous: h(9) }))).toBe('record_unknown');
    expect(code(() => register({ version: 3, previous: first }))).toBe('version_invalid');
    expect(code(() => register({ version: 2, previous: first, recordId: new Uint8Array(16) }))).toBe('record_unknown');
    const second = register({ version: 2, previous: first }).decoded.leaf;
    expect(code(() => register({ version: 2, previous: first, blobHash: h(7) }))).toBe('accepted');
    expect(code(() => register({ version: 3, previous: second }))).toBe('accepted');
  });

  it('also by an owner, for a document', () => {
    ledger.apply('epoch.open', patient, { ...epoch, epoch: h(0xd0) });
    const document = { ...record, recordId: new Uint8Array(16), epoch: h(0xd0), contentType: 'application/pdf' };
    expect(code(() => ledger.apply('record.register', patient, document))).toBe('accepted');
  });
});

describe('notice', () => {
  it('by anyone registered, about an owner who is', () => {
    ready();
    expect(code(() => ledger.apply('notice', facility, { kind: 'damaged-blob', about: h(1), statement: null }))).toBe(
      'accepted',
    );
    expect(code(() => ledger.apply('notice', gateway, BODY_EXAMPLES.notice))).toBe('accepted');
    const statement = { ...(BODY_EXAMPLES.notice.statement as object), owner: doctor.address } as never;
    expect(code(() => ledger.apply('notice', gateway, { kind: 'readings-dropped', about: null, statement }))).toBe(
      'owner_unknown',
    );
  });
});
