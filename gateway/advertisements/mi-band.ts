// Xiaomi and Amazfit bands with "activity heart rate sharing" broadcast the heart rate in their manufacturer data. Layout:
// Theengs Decoder and ble_monitor, which agree.
import { toHex } from '@vitalseal/ledger';
import { decimal } from '../profiles/measured.ts';
import { Packet } from '../profiles/packet.ts';
import type { Advertisement, DecodedAdvertisement } from './advertisement.ts';
import { heard, heardTogether } from './heard.ts';

const COMPANY = 0x0157;
const FORMAT = 'mi-band-heart-rate';
/** Their other advertisements have other lengths or another first octet. */
const OCTETS = 24;
const KIND = 2;
const NO_HEART_RATE = 0xff;

export function miBandHeartRate({ manufacturerData }: Advertisement): DecodedAdvertisement | null {
  const bytes = manufacturerData.get(COMPANY);
  if (bytes === undefined || bytes.length !== OCTETS || bytes[0] !== KIND) return null;
  const packet = new Packet(bytes);
  packet.take(3);
  const heartRate = packet.uint8();
  const repeat = `${FORMAT}/${toHex(bytes)}`;
  if (heartRate === NO_HEART_RATE || heartRate === 0) return { format: FORMAT, measurements: [], repeat };
  const readings = [heard('MDC_HF_HR', '/min', decimal(heartRate))];
  return { format: FORMAT, measurements: [heardTogether(bytes, readings, { heartRate })], repeat };
}
