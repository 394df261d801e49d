// After a re-enrolment: the ledger's history of this address becomes our own, whoever signed it. What we had signed and
// the ledger does not have is signed anew, with the new key; a new epoch begins.
import { type Address, equalBytes, type FacilityClient } from '@vitalseal/ledger';
import { META } from '../sync/held.ts';
import { splitLeaves } from '../sync/own-history.ts';
import type { OwnEntry, Vault } from '../vault/vault.ts';

/** Durable on resolve; doing it twice changes nothing more. Throws those of FacilityClient. */
export async function rejoin(
  vault: Pick<Vault, 'ownLeaves' | 'adopt' | 'putOwn' | 'unsignFrom' | 'renewEpochs' | 'setMeta'>,
  client: Pick<FacilityClient, 'signer' | 'signerLeaves'>,
  address: Address,
): Promise<void> {
  const { seq: next } = await client.signer(address);
  const { proven, leaves } = await vault.ownLeaves();
  const own = splitLeaves(leaves);
  let parted = false;
  for (let seq = proven; seq < next; ) {
    const rows = await client.signerLeaves(address, seq);
    if (rows.length === 0) break;
    const foreign: OwnEntry[] = [];
    for (const { leaf, index } of rows.slice(0, next - seq)) {
      const same = own[seq];
      if (!parted && (same === undefined || !equalBytes(same, leaf))) {
        parted = true;
        await vault.unsignFrom(seq);
      }
      if (!(await vault.adopt(seq, leaf, index))) foreign.push({ seq, leaf, entry: null, index });
      seq += 1;
    }
    if (foreign.length > 0) await vault.putOwn(foreign);
  }
  await vault.unsignFrom(next);
  await vault.renewEpochs();
  await vault.setMeta({ [META.forked]: null });
}
