// One link of this radio, from the call of Connect to its end.
import type { VitalsealError } from '@vitalseal/ledger';
import type { GattCharacteristic } from '../radio.ts';
import type { KnownDevice } from './device.ts';
import { EarlyValues } from './early-values.ts';

export interface Link {
  readonly path: string;
  /** `connecting`: Connect was called. `resolving`: its services are not all known. `up`: given to the caller. */
  phase: 'connecting' | 'resolving' | 'up';
  /** The host said that it is connected: saying the opposite means a drop. */
  wasConnected: boolean;
  readonly waiting: Set<(error: VitalsealError) => void>;
  resolved: (() => void) | null;
  readonly subscribed: Set<string>;
  readonly early: EarlyValues;
  characteristics: ReadonlySet<string>;
  opening: Promise<readonly GattCharacteristic[]> | null;
  /** Ended on purpose: not to be tried again. */
  cancelled: boolean;
}

export function newLink(device: KnownDevice): Link {
  return {
    path: device.path,
    phase: 'connecting',
    wasConnected: isWhole(device),
    waiting: new Set(),
    resolved: null,
    subscribed: new Set(),
    early: new EarlyValues(),
    characteristics: new Set(),
    opening: null,
    cancelled: false,
  };
}

/** Connected and resolved. Connected alone may be a link that is just ending: its two properties change one by one. */
export function isWhole(device: KnownDevice | null): boolean {
  return device?.connected === true && device.resolved;
}

/** `work`, or what ends everything on the link as soon as it drops. */
export function guarded<T>(link: Link, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    link.waiting.add(reject);
    work.then(resolve, reject).finally(() => link.waiting.delete(reject));
  });
}
