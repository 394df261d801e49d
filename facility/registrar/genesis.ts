// The first two leaves of a ledger: its registrar, which vouches for itself, and the facility, for which it vouches.
import { addressOf, signVoucher, VitalsealError } from '@vitalseal/ledger';
import type { Application } from '../engine/engine.ts';
import { type FacilityKeys, soloOrigin } from '../keys.ts';
import { type NewcomerKeys, newcomerBody, newcomerEntry, newcomerKeys } from './newcomer.ts';

export interface Founders {
  readonly registrar: NewcomerKeys;
  readonly facility: NewcomerKeys;
}

export async function founders(keys: FacilityKeys): Promise<Founders> {
  return { registrar: await newcomerKeys(keys.registrar), facility: await newcomerKeys(keys.facility) };
}

/** Commits block 1. Throws `internal` when the rules refuse their own founders. */
export function foundLedger(application: Application, keys: FacilityKeys, people: Founders, time: number): void {
  const origin = soloOrigin(keys);
  const registrar = addressOf(keys.registrar.publicKey);
  const entries = (['registrar', 'facility'] as const).map((role) => {
    const body = newcomerBody(origin, people[role], role, false);
    const voucher = { registrar, signature: signVoucher(origin, body, keys.registrar) };
    return { bytes: newcomerEntry(origin, people[role], body, voucher), opened: null };
  });
  const results = application.apply(1, time, entries);
  const refused = results.find((result) => result.status !== 'accepted');
  if (refused !== undefined) throw new VitalsealError('internal', 'the founding entries are not valid');
  application.commit(1);
}
