// What devices say in their advertisements: each measurement once, however often it is repeated on the air, and whether
// a device is worth connecting to besides. Bounded; pure but for its memory.
import { type ErrorCode, isVitalsealError } from '@vitalseal/ledger';
import { decodeAdvertisement } from '../advertisements/decode.ts';
import type { Measurement } from '../profiles/decoded.ts';
import type { Sighting } from './radio.ts';

/** `connects`: there may be more to read over a link. `news`: what was not heard before. */
export interface Advertised {
  readonly connects: boolean;
  readonly news:
    | { readonly kind: 'measurements'; readonly format: string; readonly measurements: readonly Measurement[] }
    | { readonly kind: 'undecodable'; readonly reason: ErrorCode; readonly bytes: Uint8Array }
    | null;
}

const PLAIN: Advertised = { connects: true, news: null };
/** Formats of devices that only broadcast; others stand in the advertisement of a device that also has a GATT server. */
const BROADCAST = /^(bthome|xiaomi-scale)/;
/** So does a battery level beside anything. */
const BESIDE = /^battery/;
/** Services with readings that are worth a link. */
const READ: ReadonlySet<string> = new Set(['1808', '1809', '180D', '1810', '181B', '181D', '181F', '1822', '1840']);

export class AdvertisedBook {
  /** Device → format → the last repeat key. */
  readonly #last = new Map<string, Map<string, string>>();

  /** Never throws. */
  take(device: string, sighting: Sighting): Advertised {
    if (sighting.serviceData.size === 0 && sighting.manufacturerData.size === 0) return PLAIN;
    const hasReadings = sighting.services.some((uuid) => READ.has(uuid));
    try {
      const decoded = decodeAdvertisement(sighting);
      if (decoded === null) return PLAIN;
      const { format, measurements, repeat } = decoded;
      const connects = !BROADCAST.test(format) && (hasReadings || BESIDE.test(format));
      const isNew = this.#remember(device, format, repeat) && measurements.length > 0;
      return { connects, news: isNew ? { kind: 'measurements', format, measurements } : null };
    } catch (error) {
      if (!isVitalsealError(error)) return PLAIN;
      const bytes = bytesOf(sighting);
      const isNew = this.#remember(device, '?', Buffer.from(bytes).toString('latin1'));
      return { connects: hasReadings, news: isNew ? { kind: 'undecodable', reason: error.code, bytes } : null };
    }
  }

  forget(device: string): void {
    this.#last.delete(device);
  }

  /** True when it is not the last of its kind again. One that comes back to what it was is new: values do. */
  #remember(device: string, kind: string, repeat: string): boolean {
    let last = this.#last.get(device);
    if (last === undefined) {
      last = new Map();
      this.#last.set(device, last);
    }
    if (last.get(kind) === repeat) return false;
    last.set(kind, repeat);
    return true;
  }
}

/** All that it carried besides its name, as service data and manufacturer data came. */
function bytesOf({ serviceData, manufacturerData }: Sighting): Uint8Array {
  return Buffer.concat([...serviceData.values(), ...manufacturerData.values()]);
}
