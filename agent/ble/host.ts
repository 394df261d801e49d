// What the agent asks of whoever holds the radio: the gateway's source while the agent runs, the bare radio when a command
// has taken the folder for itself.
import type { BleStatus, PairingDialogue, PairingOutcome, Sighting } from '@vitalseal/gateway';

export interface BleHost {
  /** Keeps discovery on for `leaseMs`. Throws `radio_unavailable`. */
  sightings(leaseMs: number): Promise<readonly Sighting[]>;
  /**
   * Throws `device_unknown`, `device_gone`, `pairing_failed`, `radio_unavailable`, `radio_timeout`; `cancelled` as soon as can
   * be after `signal`.
   */
  pair(device: string, dialogue: PairingDialogue, signal: AbortSignal): Promise<PairingOutcome>;
}

/** Text that a device sent, without what could steer a terminal or turn the writing around. */
export function fromTheAir(text: string | null): string | null {
  return text === null ? null : text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\u{FFFD}').toWellFormed();
}

/** How a device stands that nobody looks for: because of `problem`, or because the agent does not run. */
export function unseen(device: string, problem: string | null): BleStatus {
  return {
    ...{ device, state: 'unseen', address: null, rssi: null, paired: false, lastSeenMs: null, lastReadingMs: null },
    ...{ connections: 0, readings: 0, quarantined: 0, throttled: 0, problem, clock: null },
    ...{ manufacturer: null, model: null, firmware: null, battery: null },
  };
}
