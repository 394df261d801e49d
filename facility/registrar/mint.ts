// Provisioned keys: the registrar makes a key pair, registers it as minted, and hands it over as a file. Its holder
// rotates at once; until then nothing is sealed to it, because whoever minted it could read that too.
import { addressOf, formatAddress, type Role, VitalsealError } from '@vitalseal/ledger';
import type { Node } from '../node.ts';
import { type NewcomerKeys, newcomerBody, newcomerEntry, newcomerKeys } from './newcomer.ts';

export interface Minted {
  readonly address: string;
  readonly keys: NewcomerKeys;
}

/** Registers a fresh minted key pair; durable on resolve. Throws what `apply` refuses. */
export async function mint({ origin, registrar, publisher, engine }: Node, role: Role): Promise<Minted> {
  const keys = await newcomerKeys();
  const body = newcomerBody(origin, keys, role, true);
  const seen = publisher.current;
  const entry = newcomerEntry(origin, keys, body, registrar.voucher(body), seen ?? undefined);
  const [result] = await engine.submit([{ bytes: entry, opened: null }]);
  if (result === undefined || result.status === 'refused') {
    throw new VitalsealError(result?.code ?? 'internal', 'the minted keys could not be registered');
  }
  return { address: formatAddress(addressOf(keys.signing.publicKey)), keys };
}
