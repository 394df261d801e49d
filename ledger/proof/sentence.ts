// A verdict in one plain sentence, for people who will never read the rest. It states what was verified and nothing more.
import { toHex } from '../encoding/bytes.ts';
import type { Entry } from '../entries/entry.ts';
import { formatAddress } from '../identity/address.ts';

/** POSIX seconds; null where nothing is known. */
export interface Between {
  readonly notBefore: number | null;
  readonly notAfter: number | null;
}

export interface Vouched {
  /** Names of the policy's witnesses that cosigned. */
  readonly by: readonly string[];
  /** One witness cosigned and makes the quorum: nobody else stands behind the time and the order. */
  readonly alone: boolean;
}

/** `via` is the index of the later entry of the same signer that shows this one, when it was shown so. */
export function verdictSentence(entry: Entry, between: Between, vouched: Vouched, via: number | null): string {
  const through = via === null ? '' : `, shown through its later entry ${via}`;
  const signer = formatAddress(entry.signer);
  return `Proven: ${signer} ${deed(entry)} in ${entry.origin}${through}, ${times(between)}; ${vouchedFor(vouched)}.`;
}

/** Seconds as `2026-11-20 10:05:02 UTC`. */
export function formatTime(seconds: number): string {
  // Beyond the years that Date can say, the number says it.
  if (seconds > 8.64e12) return `second ${seconds} after 1970`;
  return `${new Date(seconds * 1000).toISOString().slice(0, -5).replace('T', ' ')} UTC`;
}

function deed(entry: Entry): string {
  switch (entry.type) {
    case 'record.register': {
      const { recordId, version, owner, blobHash } = entry.body;
      const sealed = `whose ciphertext has the SHA-256 ${toHex(blobHash)}`;
      return `registered record ${toHex(recordId)} version ${version} of owner ${formatAddress(owner)}, ${sealed},`;
    }
    case 'user.register':
      return `registered as ${entry.body.role}`;
    case 'key.rotate':
      return `rotated the keys of ${formatAddress(entry.body.subject)}`;
    case 'device.delegate':
      return `let gateway ${formatAddress(entry.body.gateway)} register for owner ${formatAddress(entry.body.owner)}`;
    case 'device.end':
      return `ended gateway ${formatAddress(entry.body.gateway)} for owner ${formatAddress(entry.body.owner)}`;
    case 'epoch.open':
      return `opened epoch ${toHex(entry.body.epoch)} for owner ${formatAddress(entry.body.owner)}`;
    case 'notice':
      return entry.body.kind === 'damaged-blob'
        ? 'gave notice of a damaged blob'
        : 'gave notice of readings that were dropped';
  }
}

function times({ notBefore, notAfter }: Between): string {
  if (notAfter === null) return 'at a time that nobody cosigned';
  if (notBefore === null) return `not after ${formatTime(notAfter)}, with no known lower bound`;
  return `not before ${formatTime(notBefore)} and not after ${formatTime(notAfter)}`;
}

function vouchedFor({ by, alone }: Vouched): string {
  if (by.length === 0) return 'vouched for by the log alone, since the policy asks for no witness';
  return alone
    ? `vouched for by one facility alone (${by.join(', ')})`
    : `vouched for by ${by.join(', ')}, as the policy asks`;
}
