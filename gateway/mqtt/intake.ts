// What happens to a PUBLISH: limits, topic, decoding, the sink, and only then the acknowledgement.
//
//   PUBLISH ─ rate ─ topic ─ QoS 2 seen? ─ decode ─► sink.deliver ─► (commit) ─ settled(null) ─► PUBACK / PUBREC
//                │       │         │          └ quarantine ─┘             └ settled(error) ─► no ack, disconnect
//                └ disconnect 0x96 └ PUBREC again       └ 0x87 (MQTT 5), close (3.1.1)
//
// The commit point is settled(null): whatever goes wrong before it, the device still has the message and sends it again.
import { CONTEXT, type ErrorCode, isVitalsealError, sha256, type VitalsealError } from '@vitalseal/ledger';
import {
  type ClockReader,
  type ClockSample,
  type Delivery,
  type MessageOrigin,
  QUARANTINE_BYTES,
  type ReadingSink,
} from '../contract.ts';
import { decodePayload, type PayloadFormat } from '../decoding/decode.ts';
import { TokenBucket } from '../token-bucket.ts';
import type { Connection } from './connection.ts';
import type { Counters } from './counters.ts';
import type { BrokerLimits } from './limits.ts';
import { REASON } from './packets.ts';
import type { Qos2State } from './sessions.ts';
import { formatOfTopic } from './topic.ts';

export interface Publish {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: 0 | 1 | 2;
  /** 0 for QoS 0. */
  readonly messageId: number;
  readonly dup: boolean;
  readonly retain: boolean;
}

/** Seconds of the steady rate that may come at once. */
const BURST_SECONDS = 2;
/** How far a client may pass its Receive Maximum, which it can only with what was read from it already. */
const OVERRUN = 8;
/** Times that a QoS 2 message may be sent again while it is still pending. */
const MAX_WAITERS = 16;
const NO_HASH = new Uint8Array(8);

interface Rates {
  readonly messages: TokenBucket;
  readonly bytes: TokenBucket;
}

export class Intake {
  readonly #sink: ReadingSink;
  readonly #clock: ClockReader;
  readonly #limits: BrokerLimits;
  readonly #counters: Counters;
  readonly #hashKey: Uint8Array;
  readonly #rates = new Map<string, Rates>();
  readonly #groups = new Map<string, number>();
  #stopping = false;
  #unsettled = 0;
  #bytes = 0;
  #whenSettled: (() => void) | null = null;

  constructor(parts: {
    sink: ReadingSink;
    clock: ClockReader;
    limits: BrokerLimits;
    counters: Counters;
    hashKey: Uint8Array;
  }) {
    this.#sink = parts.sink;
    this.#clock = parts.clock;
    this.#limits = parts.limits;
    this.#counters = parts.counters;
    this.#hashKey = parts.hashKey;
  }

  /**
   * Takes one PUBLISH. `proceed` is called when the next packet of this connection may be read: at once while little is
   * in flight, else when this message has settled. It is not called for a connection that is being closed.
   */
  publish(connection: Connection, packet: Publish, proceed: () => void): void {
    if (this.#stopping || connection.closing) return;
    const now = this.#clock.now();
    if (!this.#withinRate(connection, packet.payload.length, now.monotonicMs)) {
      return void this.#refuse(connection, 'rate_exceeded', REASON.rateTooHigh);
    }
    if (packet.retain) this.#counters.add('retain_ignored');
    const topic = formatOfTopic(packet.topic, connection.device, this.#limits);
    if ('refused' in topic) return void this.#refuseTopic(connection, packet, topic.refused, proceed);
    // A client that was told a Receive Maximum and passes it breaks the protocol [MQTT 5, 3.3.4]. Libraries in wide use do
    // (mqtt.js), so it is first held back like an older client, which was told nothing.
    if (packet.qos > 0 && connection.version === 5 && connection.inFlight >= OVERRUN * this.#limits.inFlight) {
      return void this.#refuse(connection, 'quota_exceeded', REASON.receiveMaximumExceeded);
    }
    if (packet.qos === 2 && connection.session.ids.has(packet.messageId))
      return void this.#repeated(connection, packet, proceed);
    if (packet.qos === 2 && connection.session.ids.size >= 2 * this.#limits.inFlight) {
      return void this.#refuse(connection, 'quota_exceeded', REASON.receiveMaximumExceeded);
    }
    this.#deliver(connection, packet, topic.format, now, proceed);
  }

  /** A packet that is no PUBLISH, but costs work too; false when the client sends too many and was disconnected. */
  takeRate(connection: Connection): boolean {
    if (this.#withinRate(connection, 0, this.#clock.now().monotonicMs)) return true;
    this.#refuse(connection, 'rate_exceeded', REASON.rateTooHigh);
    return false;
  }

  /** Takes nothing more; resolves when all that was delivered has settled, or after `ms`. */
  async stop(ms: number): Promise<void> {
    this.#stopping = true;
    if (this.#unsettled === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#whenSettled = resolve;
    const timer = setTimeout(resolve, ms);
    await promise;
    clearTimeout(timer);
  }

  #withinRate(connection: Connection, bytes: number, nowMs: number): boolean {
    let rates = this.#rates.get(connection.user);
    if (rates === undefined) {
      const { messagesPerSecond, bytesPerSecond } = this.#limits;
      rates = {
        messages: new TokenBucket(messagesPerSecond, messagesPerSecond * BURST_SECONDS, nowMs),
        bytes: new TokenBucket(bytesPerSecond, bytesPerSecond * BURST_SECONDS, nowMs),
      };
      this.#rates.set(connection.user, rates);
    }
    return rates.messages.take(1, nowMs) && rates.bytes.take(bytes, nowMs);
  }

  #refuse(connection: Connection, code: ErrorCode, reason: number): void {
    this.#counters.outcome('refused', code);
    connection.disconnect(reason);
  }

  /** MQTT 5 has a reason code for it and goes on; 3.1.1 can only close [MQTT-3.3.5-2]. */
  #refuseTopic(connection: Connection, packet: Publish, code: ErrorCode, proceed: () => void): void {
    const reason = code === 'topic_too_deep' ? REASON.topicInvalid : REASON.notAuthorized;
    if (connection.version !== 5) return void this.#refuse(connection, code, reason);
    this.#counters.outcome('refused', code);
    connection.acknowledge(connection.reserve(packet.qos), packet.qos, packet.messageId, reason);
    proceed();
  }

  /** A QoS 2 message that was sent again before its PUBREL: it is answered, not delivered. */
  #repeated(connection: Connection, packet: Publish, proceed: () => void): void {
    this.#counters.add('qos2_repeated');
    const known = connection.session.ids.get(packet.messageId) as Qos2State;
    if (known.waiters.length >= MAX_WAITERS) {
      return void this.#refuse(connection, 'quota_exceeded', REASON.receiveMaximumExceeded);
    }
    const slot = connection.reserve(2);
    const answer = (kept: boolean) => {
      if (kept) connection.acknowledge(slot, 2, packet.messageId);
      else connection.disconnect(REASON.quotaExceeded);
    };
    if (known.state === 'kept') answer(true);
    else known.waiters.push(answer);
    proceed();
  }

  #deliver(
    connection: Connection,
    packet: Publish,
    format: PayloadFormat,
    now: ClockSample,
    proceed: () => void,
  ): void {
    const size = packet.payload.length;
    const slot = connection.reserve(packet.qos);
    const qos2: Qos2State | null = packet.qos === 2 ? { state: 'pending', waiters: [] } : null;
    if (qos2 !== null) connection.session.ids.set(packet.messageId, qos2);
    const delivery = this.#decode(connection, packet, format, now);
    this.#enter(connection, size);
    const held = this.#isFull(connection);
    if (held) this.#counters.add('held');
    else proceed();
    this.#sink.deliver(delivery, (error) => {
      this.#leave(connection, size);
      if (error === null) {
        const reason = delivery.kind === 'quarantine' ? REASON.payloadFormatInvalid : 0;
        this.#kept(connection, packet, qos2, reason);
        connection.acknowledge(slot, packet.qos, packet.messageId, reason);
      } else this.#notKept(connection, packet, qos2, error);
      if (held) proceed();
    });
  }

  #decode(connection: Connection, packet: Publish, format: PayloadFormat, now: ClockSample): Delivery {
    this.#counters.add('messages');
    if (packet.qos === 0) this.#counters.add('unacknowledged');
    const { device } = connection;
    const origin = this.#origin(connection, packet);
    try {
      const decoded = decodePayload(format, packet.payload, {
        device,
        group: this.#group(device),
        ...now,
      });
      this.#counters.add('readings', decoded.readings.length);
      let unmapped = 0;
      for (const { context } of decoded.readings) if (context?.has(CONTEXT.unmapped)) unmapped++;
      if (unmapped > 0) this.#counters.add('unmapped', unmapped);
      return { kind: 'readings', device, readings: decoded.readings, alarm: decoded.alarm, origin };
    } catch (error) {
      const reason = isVitalsealError(error) ? error.code : 'payload_malformed';
      this.#counters.outcome('quarantined', reason);
      return { kind: 'quarantine', device, reason, bytes: packet.payload.slice(0, QUARANTINE_BYTES), origin };
    }
  }

  #origin(connection: Connection, packet: Publish): MessageOrigin {
    const acknowledged = packet.qos > 0;
    return {
      user: connection.user,
      client: connection.client,
      packetId: acknowledged ? packet.messageId : null,
      duplicate: packet.dup && acknowledged,
      payloadHash: acknowledged ? sha256(Buffer.concat([this.#hashKey, packet.payload])).slice(0, 8) : NO_HASH,
    };
  }

  /** Messages of a device are numbered since the start, so that the readings of one stay together. */
  #group(device: string): number {
    const group = this.#groups.get(device) ?? 0;
    this.#groups.set(device, group + 1);
    return group;
  }

  #enter(connection: Connection, size: number): void {
    this.#unsettled++;
    this.#bytes += size;
    connection.inFlight++;
    connection.inFlightBytes += size;
  }

  #leave(connection: Connection, size: number): void {
    this.#unsettled--;
    this.#bytes -= size;
    connection.inFlight--;
    connection.inFlightBytes -= size;
    if (this.#unsettled === 0) this.#whenSettled?.();
  }

  #isFull(connection: Connection): boolean {
    return (
      connection.inFlight >= this.#limits.inFlight ||
      connection.inFlightBytes >= this.#limits.inFlightBytes ||
      this.#bytes >= this.#limits.totalInFlightBytes
    );
  }

  #kept(connection: Connection, packet: Publish, qos2: Qos2State | null, reason: number): void {
    if (qos2 === null) return;
    qos2.state = 'kept';
    // A PUBREC with an error ends the exchange in MQTT 5: no PUBREL follows, and the id is free.
    if (reason !== 0 && connection.version === 5) connection.session.ids.delete(packet.messageId);
    for (const answer of qos2.waiters.splice(0)) answer(true);
  }

  /** Any acknowledgement would make the client forget the message, so it is told to come back instead. */
  #notKept(connection: Connection, packet: Publish, qos2: Qos2State | null, error: VitalsealError): void {
    this.#counters.outcome('failed', error.code);
    if (qos2 !== null) {
      connection.session.ids.delete(packet.messageId);
      for (const answer of qos2.waiters.splice(0)) answer(false);
    }
    // A QoS 0 message cannot be asked for again: it is lost, and counted as failed.
    if (packet.qos > 0) connection.disconnect(REASON.quotaExceeded);
  }
}
