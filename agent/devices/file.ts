// devices.json: one row a device. Version 2 has rows of Bluetooth devices beside those with a password; version 1, which
// had no others, is read as it is. A row that is not understood stops the agent: nothing is dropped in silence.
//
//   {"version":2,"devices":[{"name":"pump-1","password":"scrypt…","owner":"enrolled"},
//                           {"name":"strap-1","ble":{"address":"C0:26:DA:01:02:03","setClock":false},"owner":"none"}]}
import { isVitalsealError, VitalsealError } from '@vitalseal/ledger';
import { type BleRule, parseBleRule } from './bluetooth.ts';
import { DEVICE_NAME, type Device, formatAssignment, parseAssignment } from './devices.ts';

const VERSION = 2;

type Row = Readonly<Record<string, unknown>>;

export function formatDevices(devices: readonly Device[]): string {
  const rows = devices.map((device) => ({
    name: device.name,
    ...(device.kind === 'mqtt' ? { password: device.password } : { ble: formatRule(device) }),
    owner: formatAssignment(device.owner),
  }));
  return `${JSON.stringify({ version: VERSION, devices: rows }, null, 1)}\n`;
}

function formatRule({ match, setClock }: BleRule): Row {
  const { address, name, service } = match;
  return {
    ...(address !== null && { address }),
    ...(name !== null && { name }),
    ...(service !== null && { service }),
    setClock,
  };
}

/** Throws `store_newer` or `store_damaged`. */
export function parseDevices(text: string): Device[] {
  try {
    const file = JSON.parse(text) as { version?: unknown; devices?: unknown };
    if (typeof file.version === 'number' && file.version > VERSION) throw new VitalsealError('store_newer');
    if ((file.version !== 1 && file.version !== VERSION) || !Array.isArray(file.devices)) throw damaged();
    const devices = file.devices.map((row: Row) => parseRow(row, file.version === VERSION));
    if (new Set(devices.map(({ name }) => name)).size !== devices.length) throw damaged();
    return devices;
  } catch (error) {
    if (isVitalsealError(error, 'store_newer')) throw error;
    throw damaged();
  }
}

function parseRow({ name, password, ble, owner }: Row, mayBeBle: boolean): Device {
  if (typeof name !== 'string' || !DEVICE_NAME.test(name) || typeof owner !== 'string') throw damaged();
  const head = { name, owner: parseAssignment(owner === 'enrolled' ? undefined : owner) };
  if (ble === undefined || !mayBeBle) {
    if (typeof password !== 'string') throw damaged();
    return { ...head, kind: 'mqtt', password };
  }
  // Both would be a device of a later version: better to stop than to write it back halved.
  if (typeof ble !== 'object' || ble === null || password !== undefined) throw damaged();
  return { ...head, kind: 'ble', ...parseStoredRule(ble as Row) };
}

function parseStoredRule({ address, name, service, setClock, ...more }: Row): BleRule {
  const texts = [address, name, service].every((part) => part === undefined || typeof part === 'string');
  if (!texts || typeof setClock !== 'boolean' || Object.keys(more).length > 0) throw damaged();
  return parseBleRule({ address, name, service, setClock } as Parameters<typeof parseBleRule>[0]);
}

function damaged(): VitalsealError {
  return new VitalsealError('store_damaged', 'devices.json is damaged');
}
