// The link over MQTT 3.1.1 or 5, with mqtt.js: QoS 1, a persistent session, a bounded window of unacknowledged messages.
import { setTimeout as sleep } from 'node:timers/promises';
import mqtt, { ReasonCodes } from 'mqtt';
import { type Link, LinkRefused } from './link.ts';
import { ResendingStore } from './resending-store.ts';
import { type Trouble, TroubleWatch } from './trouble.ts';

export interface MqttTarget {
  host: string;
  port: number;
  username: string;
  password: string;
  /** 4 = MQTT 3.1.1 (default), 5 = MQTT 5. */
  version?: 4 | 5;
  clientId?: string;
  /** PEM of the certificate authority; given, the connection is TLS. */
  ca?: string;
  /** Unacknowledged messages at a time (default 100). */
  window?: number;
  /** Told of each trouble when it begins; the link keeps trying. */
  onTrouble?: (trouble: Trouble) => void;
}

const RECONNECT_MS = 250;
const SESSION_S = 3600;
/** For a broker that does not hang up after our DISCONNECT. */
const CLOSE_MS = 2000;

export function connectMqtt(target: MqttTarget): Link {
  const { host, port, username, password, version = 4, clientId = `${username}-sim`, ca } = target;
  let window = target.window ?? 100;
  let connections = 0;
  let unsettled = 0;
  const watch = new TroubleWatch(target.onTrouble);
  let wake: (() => void)[] = [];
  const changed = () => {
    const waiting = wake;
    wake = [];
    for (const resume of waiting) resume();
  };
  const change = () => new Promise<void>((resume) => wake.push(resume));

  const client = mqtt.connect({
    protocol: ca === undefined ? 'mqtt' : 'mqtts',
    host,
    port,
    username,
    password,
    clientId,
    protocolVersion: version,
    clean: false,
    reconnectPeriod: RECONNECT_MS,
    outgoingStore: new ResendingStore(),
    ...(ca === undefined ? {} : { ca }),
    ...(version === 5 ? { properties: { sessionExpiryInterval: SESSION_S } } : {}),
  });
  client.on('connect', ({ properties }) => {
    connections++;
    window = Math.min(window, properties?.receiveMaximum ?? window);
    changed();
  });
  // `connect` comes only after all that was unacknowledged has been sent again and acknowledged.
  client.on('packetreceive', (packet) => {
    if (packet.cmd === 'connack' && ((packet.returnCode ?? 0) | (packet.reasonCode ?? 0)) === 0) watch.connected();
  });
  client.on('disconnect', ({ reasonCode = 0 }) => watch.dismissed(wordsOf(reasonCode)));
  client.on('close', () => {
    if (!client.disconnecting) watch.ended();
  });
  const refused = new Promise<never>((_, reject) => {
    client.on('error', (error) => {
      // A CONNACK with a reason has a code of its own; that nobody listens yet is tried again.
      const code = 'code' in error ? (error as { code: unknown }).code : undefined;
      if (typeof code !== 'number') return watch.failed('unreachable', String(code ?? error.message));
      if (connections === 0) return reject(new LinkRefused(wordsOf(code)));
      watch.failed('login', wordsOf(code));
    });
  });
  refused.catch(() => {}); // nobody may be looking any more

  return {
    refused,
    reconnects: () => Math.max(0, connections - 1),
    trouble: () => watch.now(),
    publish: async (topic, bytes, settled, signal) => {
      signal.addEventListener('abort', changed, { once: true });
      while ((unsettled >= window || !client.connected) && !signal.aborted) await Promise.race([change(), refused]);
      signal.removeEventListener('abort', changed);
      if (signal.aborted) return false;
      unsettled++;
      client.publish(topic, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), { qos: 1 }, (error) => {
        unsettled--;
        changed();
        if (client.disconnecting && error) return;
        if (!error) watch.acknowledged();
        else if ('code' in error && typeof error.code === 'number') watch.refused(wordsOf(error.code));
        settled(!error);
      });
      return true;
    },
    drain: async (patienceMs) => {
      const patience = sleep(patienceMs);
      let over = false;
      void patience.then(() => {
        over = true;
      });
      while (unsettled > 0 && !over) await Promise.race([change(), patience]);
    },
    close: async () => {
      const patience = new AbortController();
      const end = client.endAsync(unsettled > 0 || !client.connected).finally(() => patience.abort());
      await Promise.race([end, sleep(CLOSE_MS, undefined, { signal: patience.signal }).catch(() => {})]);
      client.stream.destroy();
    },
  };
}

/** A reason code in the words of the MQTT specification. */
function wordsOf(code: number): string {
  return (ReasonCodes as Record<number, string>)[code] ?? `reason ${code}`;
}
