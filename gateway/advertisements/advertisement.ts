// What the decoders of advertisements look at, and what they answer. Devices that never connect send their measurement in
// what they advertise, again and again; each format is one file with one decoder.
import type { Sighting } from '../ble/radio.ts';
import type { Measurement } from '../profiles/decoded.ts';

/** What a decoder looks at. */
export type Advertisement = Pick<Sighting, 'serviceData' | 'manufacturerData' | 'name'>;

export interface DecodedAdvertisement {
  /** `bthome-v2`, `xiaomi-scale-v1`, … */
  readonly format: string;
  /** None while there is nothing to record: a scale that has not settled, a strap that finds no heart. */
  readonly measurements: readonly Measurement[];
  /**
   * Equal for retransmissions of one measurement. Only formats with a packet counter or a clock can say that an equal
   * value was measured anew; of the others, one that does not change is one measurement.
   */
  readonly repeat: string;
}

/** Null: not for me. Throws the characteristic_* errors, and `time_malformed`, when it is, and malformed. */
export type AdvertisementDecoder = (advertisement: Advertisement) => DecodedAdvertisement | null;
