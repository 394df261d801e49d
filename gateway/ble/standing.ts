// How one device stands, for status: what its session knows, what was counted, what was heard. Never a reading.
import type { BleState, BleStatus } from './directory.ts';
import type { SessionDriver } from './driver.ts';
import type { Heard } from './heard.ts';
import type { BleAddress } from './radio.ts';
import { bleState, type SessionState } from './session/state.ts';

export interface Standing {
  readonly driver: SessionDriver;
  readonly address: BleAddress | null;
  readonly heard: Heard | null;
  /** Only its advertisements are read. */
  readonly advertises: boolean;
  readonly nowMs: number;
  /** The host answers. */
  readonly radioUp: boolean;
}

export function statusOf({ driver, address, heard, advertises, nowMs, radioUp }: Standing): BleStatus {
  const { account, rule, state } = driver;
  const { about } = state;
  return {
    device: rule.device,
    state: stateOf(driver, advertises, nowMs),
    address,
    rssi: heard?.sighting.rssi ?? null,
    paired: state.paired || heard?.sighting.paired === true,
    lastSeenMs: account.lastSeenMs,
    lastReadingMs: account.lastReadingMs,
    connections: account.connections,
    readings: account.readings,
    quarantined: account.quarantined,
    throttled: account.throttled,
    problem: radioUp ? problemOf(driver) : 'radio_unavailable',
    clock: clockOf(state),
    manufacturer: about.manufacturer,
    model: about.model,
    firmware: about.firmware,
    battery: about.battery,
  };
}

function clockOf({ clock, clockSetting, hasClock }: SessionState): BleStatus['clock'] {
  if (clock === null || clockSetting === null) return hasClock === false ? 'none' : null;
  const { offsetMs, uncertaintyMs, fault } = clock;
  return { offsetMs, uncertaintyMs, fault: fault !== null, setting: clockSetting };
}

/** A bond that is worth nothing stays so, whatever the last try ended with. */
function problemOf({ account, state }: SessionDriver): BleStatus['problem'] {
  return state.paired && state.bondDoubted ? 'pairing_needed' : (state.problem ?? account.problem);
}

function stateOf({ account, state }: SessionDriver, advertises: boolean, nowMs: number): BleState {
  if (account.flood.pauseMs(nowMs) > 0) return 'throttled';
  const known = bleState(state);
  if (known !== 'unseen' && known !== 'waiting') return known;
  if (advertises) return 'advertising';
  return known;
}
