// Links that an earlier life left behind: BlueZ keeps the links of a process that was killed, or whose bus died. Such a
// device does not advertise, so it would never be heard again, and it may be in the middle of what it was asked for. Its link
// is ended; then it advertises, and is connected as any other.
import type { AllowList } from './allow.ts';
import type { BleAddress, Radio } from './radio.ts';

/**
 * Those of devices that are allowed and not `held` by a session; `isBusy`: its session has a link of its own, elsewhere.
 * Never throws; who is gone by then is gone.
 */
export function hangUpLeftovers(
  radio: Radio,
  allow: AllowList,
  held: ReadonlyMap<BleAddress, unknown>,
  isBusy: (device: string) => boolean,
  nowMs: number,
): void {
  for (const sighting of radio.sightings()) {
    if (!sighting.connected || held.has(sighting.address)) continue;
    if (allow.recognise(sighting, nowMs, isBusy).kind !== 'device') continue;
    radio.disconnect(sighting.address).catch(() => {});
  }
}
