// How a Bluetooth device is named on the command line and in devices.json: address, advertised name and service, checked
// and written in one way, so that two spellings of an address cannot become two devices.
import { type BleMatch, shortUuid } from '@vitalseal/gateway';
import { VitalsealError } from '@vitalseal/ledger';

/** How a device is recognised, and whether its clock may be set. */
export interface BleRule {
  readonly match: BleMatch;
  readonly setClock: boolean;
}

/** What a person said of it, not yet checked. */
export interface AskedBle {
  readonly address?: string | undefined;
  readonly name?: string | undefined;
  readonly service?: string | undefined;
  readonly setClock?: boolean | undefined;
}

/** Bytes of a name in an advertisement; BlueZ knows longer aliases, which no device sends. */
const MAX_NAME = 248;
const PAIRS = /^[0-9A-F]{2}([:-]?)(?:[0-9A-F]{2}\1){4}[0-9A-F]{2}$/;
const SHORT_SERVICE = /^(0x)?[0-9a-f]{4}$/i;
const FULL_SERVICE = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** `C0:26:DA:01:02:03`, from that or with dashes or nothing between, in any case. Throws `device_invalid`. */
export function parseBleAddress(text: string): string {
  const upper = text.trim().toUpperCase();
  const digits = PAIRS.test(upper) ? upper.replaceAll(/[:-]/g, '') : '';
  if (digits === '' || /^(0{12}|F{12})$/.test(digits))
    throw new VitalsealError('device_invalid', 'not a Bluetooth address: six pairs of hex digits, C0:26:DA:01:02:03');
  return (digits.match(/../g) as string[]).join(':');
}

/** Throws `device_invalid` for what is no address, name or service, and for a service alone. */
export function parseBleRule(asked: AskedBle): BleRule {
  const match: BleMatch = {
    address: asked.address === undefined ? null : parseBleAddress(asked.address),
    name: asked.name === undefined ? null : parseName(asked.name),
    service: asked.service === undefined ? null : parseService(asked.service),
  };
  if (match.address === null && match.name === null)
    throw new VitalsealError(
      'device_invalid',
      'a Bluetooth device is known by its address or its name: a service alone would take every device of its kind',
    );
  return { match, setClock: asked.setClock ?? false };
}

function parseName(text: string): string {
  // What steers a terminal is in no name that somebody could type.
  if (text === '' || Buffer.byteLength(text) > MAX_NAME || /\p{Cc}/u.test(text) || !text.isWellFormed())
    throw new VitalsealError('device_invalid', `a Bluetooth name has 1 to ${MAX_NAME} bytes`);
  return text;
}

function parseService(text: string): string {
  if (SHORT_SERVICE.test(text)) return text.slice(-4).toUpperCase();
  if (FULL_SERVICE.test(text)) return shortUuid(text);
  throw new VitalsealError('device_invalid', 'not a service: four hex digits such as 180D, or a whole UUID');
}

/** Whether both would take the same device whenever one of them does: then nobody could say whose the readings are. */
export function sameDevice(a: BleMatch, b: BleMatch): boolean {
  if (a.address !== null || b.address !== null) return a.address === b.address;
  return a.name === b.name && (a.service === b.service || a.service === null || b.service === null);
}
