// What a simulation has done so far: the ledger against which a test compares what the agent proves.

export interface Counters {
  /** Messages that the devices made, whether or not they left. */
  messages: number;
  /** PUBLISH packets handed to the connection; a resend with DUP is not counted again. */
  sent: number;
  /** PUBLISH packets that the broker acknowledged. */
  acknowledged: number;
  /** Readings in the messages sent. */
  readings: number;
  /** Readings in the messages acknowledged, undamaged ones only: these must never be lost. */
  acknowledgedReadings: number;
  /** PUBLISH packets that the broker acknowledged with a refusal (MQTT 5 reason 0x80 and above). */
  refused: number;
  dropped: number;
  duplicated: number;
  corrupted: number;
  bursts: number;
  clockJumps: number;
  reconnects: number;
}

export function noCounts(): Counters {
  return {
    messages: 0,
    sent: 0,
    acknowledged: 0,
    readings: 0,
    acknowledgedReadings: 0,
    refused: 0,
    dropped: 0,
    duplicated: 0,
    corrupted: 0,
    bursts: 0,
    clockJumps: 0,
    reconnects: 0,
  };
}
