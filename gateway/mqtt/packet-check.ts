// What aedes believes of an MQTT 5 packet and must not: a property that is there twice is a protocol error, which
// mqtt-packet turns into an array, and an array as a number of seconds ends the process in a timer.

/** The part of a parsed packet that is looked at. */
export interface Parsed {
  properties?: Record<string, unknown> | undefined;
  will?: { properties?: Record<string, unknown> | undefined } | null | undefined;
}

/** Only this may stand in a packet more than once (MQTT 5, 2.2.2.2 and 3.3.2.3.7). */
const REPEATABLE = 'userProperties';

/** False for a packet with a property twice; its properties are taken off then, so that nobody acts on them. */
export function isSound(packet: Parsed): boolean {
  if (areSound(packet.properties) && areSound(packet.will?.properties)) return true;
  delete packet.properties;
  if (packet.will) delete packet.will.properties;
  return false;
}

function areSound(properties: Record<string, unknown> | undefined): boolean {
  if (properties === undefined || properties === null) return true;
  for (const name of Object.keys(properties)) {
    if (name !== REPEATABLE && Array.isArray(properties[name])) return false;
  }
  return true;
}
