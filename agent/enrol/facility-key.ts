// Whose signatures on receipts count: the user key of the facility, as its registration in the ledger says, with the word
// of the registrar that the ledger's origin names. Asked of the ledger when a new key turns up.
import {
  equalBytes,
  type FacilityClient,
  openEntry,
  parseAddress,
  VitalsealError,
  verifyEd25519,
  voucherText,
} from '@vitalseal/ledger';
import { verifyPerson } from './person.ts';

/** The founding entries of a ledger: its registrar, then its first facility. */
const REGISTRAR_INDEX = 0;
const FACILITY_INDEX = 1;

/** The address of the first registrar: the last part of the origin. Throws `origin_mismatch`. */
export function registrarOf(origin: string): Uint8Array {
  try {
    return parseAddress(origin.slice(origin.lastIndexOf('/') + 1));
  } catch {
    throw new VitalsealError('origin_mismatch', 'the origin does not name its registrar');
  }
}

/** The facility's present user key. Throws `receipt_invalid` when what is shown does not verify, and those of FacilityClient. */
export async function facilityKey(client: Pick<FacilityClient, 'entry' | 'user'>, origin: string): Promise<Uint8Array> {
  const registrar = openEntry(await client.entry(REGISTRAR_INDEX));
  const facility = openEntry(await client.entry(FACILITY_INDEX));
  const { entry } = facility;
  if (
    !equalBytes(registrar.entry.signer, registrarOf(origin)) ||
    entry.type !== 'user.register' ||
    entry.body.role !== 'facility'
  ) {
    throw new VitalsealError('receipt_invalid', 'the facility does not show its registration');
  }
  verifyPerson(origin, registrar.entry.signer, [registrar.bytes]);
  if (!verifyEd25519(registrar.kid, voucherText(origin, entry.body), entry.body.voucher.signature)) {
    throw new VitalsealError('receipt_invalid', 'nobody vouched for the facility');
  }
  const rows = await client.user(entry.signer);
  return verifyPerson(
    origin,
    entry.signer,
    rows.map((row) => row.entry),
  ).signingKey;
}

/** Where the key that was verified once is kept, so that a receipt costs no further request. */
export interface KeyMemory {
  recall(): Promise<Uint8Array | null>;
  keep(key: Uint8Array): Promise<void>;
}

/** Answers whether a key is the facility's; asks the ledger when another one turns up, in case it was rotated. */
export function facilityKeyCheck(
  client: Pick<FacilityClient, 'entry' | 'user'>,
  origin: string,
  memory?: KeyMemory,
): (kid: Uint8Array) => Promise<boolean> {
  let known: Uint8Array | null = null;
  return async (kid) => {
    known ??= (await memory?.recall()) ?? null;
    if (known !== null && equalBytes(known, kid)) return true;
    known = await facilityKey(client, origin);
    await memory?.keep(known);
    return equalBytes(known, kid);
  };
}
