// Advertisements that carry a measurement, by the first decoder that knows the format. What anybody can send is marked as
// such in the readings' context.
import type { Advertisement, AdvertisementDecoder, DecodedAdvertisement } from './advertisement.ts';
import { batteryLevel } from './battery.ts';
import { bthome } from './bthome.ts';
import { miBandHeartRate } from './mi-band.ts';
import { polarHeartRate } from './polar.ts';
import { xiaomiScaleV1, xiaomiScaleV2 } from './xiaomi-scale.ts';

/** The more a format says of itself, the earlier it is asked: a battery level stands beside almost anything. */
const DECODERS: readonly AdvertisementDecoder[] = [
  bthome,
  xiaomiScaleV2,
  xiaomiScaleV1,
  polarHeartRate,
  miBandHeartRate,
  batteryLevel,
];

/**
 * The measurement in an advertisement; null when no decoder knows it. Throws `characteristic_unknown` for an encrypted
 * one, `characteristic_truncated`, `characteristic_malformed`, `characteristic_reserved`, `time_malformed`.
 */
export function decodeAdvertisement(advertisement: Advertisement): DecodedAdvertisement | null {
  for (const decode of DECODERS) {
    const decoded = decode(advertisement);
    if (decoded !== null) return decoded;
  }
  return null;
}
