// The few packets that the broker writes by itself, byte for byte (MQTT 3.1.1 and 5 section 3.4, 3.5, 3.2), and the
// reason codes of MQTT 5 that it gives.

export const REASON = {
  unsupportedVersion: 0x84,
  badCredentials: 0x86,
  notAuthorized: 0x87,
  serverUnavailable: 0x88,
  serverBusy: 0x89,
  topicInvalid: 0x90,
  receiveMaximumExceeded: 0x93,
  packetTooLarge: 0x95,
  rateTooHigh: 0x96,
  quotaExceeded: 0x97,
  administrativeAction: 0x98,
  payloadFormatInvalid: 0x99,
} as const;

const PUBACK = 0x40;
const PUBREC = 0x50;

/** PUBACK for QoS 1, PUBREC for QoS 2. A reason (MQTT 5 alone) of 0 is left out, which means success. */
export function acknowledgement(qos: 1 | 2, messageId: number, reason = 0): Uint8Array {
  const kind = qos === 1 ? PUBACK : PUBREC;
  return reason === 0
    ? Uint8Array.of(kind, 2, messageId >> 8, messageId & 255)
    : Uint8Array.of(kind, 3, messageId >> 8, messageId & 255, reason);
}

/** A refusing CONNACK for a client that is turned away before it logs in: 5 for MQTT 5, else 3.1.1. */
export function refusingConnack(version: number, returnCode: number, reason: number): Uint8Array {
  return version === 5 ? Uint8Array.of(0x20, 3, 0, reason, 0) : Uint8Array.of(0x20, 2, 0, returnCode);
}
