// Elapsed time: milliseconds of UTC since 2000 in nine octets, as a health sensor stamps its observations, and the service
// (183F) that shows the same clock. It cannot be set.
import { PacketBytes } from '../packet-bytes.ts';
import type { Service } from '../peripheral.ts';
import type { DeviceClock } from './current-time.ts';

const EPOCH_MS = Date.UTC(2000, 0);
/** The resolution has two bits: 2 is a millisecond. */
const FLAG = { utc: 0x02, milliseconds: 2 << 2, currentTimeline: 0x20 } as const;
const UNKNOWN_SOURCE = 0;
const NO_OFFSET = 0;
/** Status: it needs not be set. Capabilities: it knows nothing of time zones. */
const STATUS_AND_CAPABILITIES = [0, 0] as const;

/** `atMs` by the device's clock; before 2000 it stands at its beginning. */
export function elapsedTime(atMs: number): Uint8Array {
  return new PacketBytes()
    .u8(FLAG.utc | FLAG.milliseconds | FLAG.currentTimeline)
    .u48(Math.max(0, Math.floor(atMs) - EPOCH_MS))
    .u8(UNKNOWN_SOURCE)
    .u8(NO_OFFSET)
    .take();
}

export function elapsedTimeService(clock: DeviceClock): Service {
  const read = (atMs: number) => Uint8Array.of(...elapsedTime(clock.at(atMs)), ...STATUS_AND_CAPABILITIES);
  return { uuid: '183F', characteristics: [{ uuid: '2BF2', flags: ['read'], read }] };
}
