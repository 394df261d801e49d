// What BlueZ calls things on D-Bus.

export const ADAPTER = 'org.bluez.Adapter1';
export const DEVICE = 'org.bluez.Device1';
export const SERVICE = 'org.bluez.GattService1';
export const CHARACTERISTIC = 'org.bluez.GattCharacteristic1';
export const AGENT_MANAGER = 'org.bluez.AgentManager1';
export const AGENT = 'org.bluez.Agent1';

/** The 128-bit form, lower case, as BlueZ writes it. */
export function longUuid(uuid: string): string {
  return uuid.length === 4 ? `0000${uuid.toLowerCase()}-0000-1000-8000-00805f9b34fb` : uuid.toLowerCase();
}
