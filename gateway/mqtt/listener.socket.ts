// The listening socket, plain or TLS, and the strangers on it: connections that have not logged in are few, say little
// and do not stay, whoever they are.
import { createServer, type Server, type Socket } from 'node:net';
import { cannotListen, VitalsealError } from '@vitalseal/ledger';
import type { Counters } from './counters.ts';
import type { BrokerLimits } from './limits.ts';

/** PEM texts. */
export interface TlsFiles {
  readonly cert: string | Uint8Array;
  readonly key: string | Uint8Array;
}

export interface Listen {
  /** An address, or a name that resolves to one. */
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly tls?: TlsFiles | undefined;
}

/** Before it logs in a client may send this much, in at most so many pieces; a CONNECT is far smaller. */
const STRANGER_BYTES = 32 * 1024;
const STRANGER_READS = 64;

interface Visitor {
  readonly socket: Socket;
  readonly address: string;
  /** True until it has logged in. */
  stranger: boolean;
}

export class Listener {
  readonly #server: Server;
  readonly #listen: Listen;
  readonly #limits: BrokerLimits;
  readonly #counters: Counters;
  /** By remote address and port, which a TLS socket and the one under it share. */
  readonly #visitors = new Map<string, Visitor>();

  /** Throws `config_invalid` when the TLS files are none. */
  constructor(listen: Listen, limits: BrokerLimits, counters: Counters, onSocket: (socket: Socket) => void) {
    this.#listen = listen;
    this.#limits = limits;
    this.#counters = counters;
    const accept = (socket: Socket) => {
      const visitor = this.#visitors.get(nameOf(socket));
      if (visitor === undefined) return void socket.destroy();
      this.#watch(socket, visitor);
      onSocket(socket);
    };
    const server = listen.tls === undefined ? createServer({ noDelay: true }) : this.#tlsServer(listen.tls);
    // Strangers are counted before a TLS handshake, which costs the most.
    server.on('connection', (socket: Socket) => this.#track(socket));
    server.on(listen.tls === undefined ? 'connection' : 'secureConnection', accept);
    this.#server = server;
  }

  /** Resolves with the port when it listens. Throws `cannot_listen`. */
  async start(): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#server.once('error', reject);
    this.#server.listen({ host: this.#listen.host, port: this.#listen.port }, resolve);
    try {
      await promise;
    } catch (error) {
      throw cannotListen(this.#listen.host, this.#listen.port, error);
    }
    this.#server.on('error', () => this.#counters.add('listen_errors'));
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : this.#listen.port;
  }

  /** The client on `socket` has logged in. */
  known(socket: Socket): void {
    const visitor = this.#visitors.get(nameOf(socket));
    if (visitor !== undefined) visitor.stranger = false;
  }

  get connections(): number {
    return this.#visitors.size;
  }

  /** Takes no more connections; those there are stay. */
  close(): void {
    this.#server.close();
  }

  destroyAll(): void {
    for (const { socket } of this.#visitors.values()) socket.destroy();
  }

  #tlsServer(tls: TlsFiles): Server {
    const options = {
      cert: Buffer.from(tls.cert),
      key: Buffer.from(tls.key),
      minVersion: 'TLSv1.2' as const,
      handshakeTimeout: this.#limits.connectMs,
      noDelay: true,
    };
    try {
      // Loaded only for a broker that speaks TLS.
      const server = process.getBuiltinModule('node:tls').createServer(options);
      // Node leaves a socket open whose handshake failed or timed out.
      server.on('tlsClientError', (_error, socket) => {
        this.#counters.add('tls_failed');
        socket.destroy();
      });
      return server;
    } catch {
      throw new VitalsealError(
        'config_invalid',
        'mqtt.certificate, mqtt.private_key: expected a certificate and its own key (PEM)',
      );
    }
  }

  /** Counts a connection in, or closes it when there are too many. */
  #track(socket: Socket): void {
    const address = socket.remoteAddress;
    if (address === undefined) return void socket.destroy();
    let strangers = 0;
    let near = 0;
    for (const visitor of this.#visitors.values()) {
      if (!visitor.stranger) continue;
      strangers++;
      if (visitor.address === address) near++;
    }
    const { connections, strangersPerAddress } = this.#limits;
    if (this.#visitors.size >= connections || strangers >= this.#limits.strangers || near >= strangersPerAddress) {
      this.#counters.outcome('refused', 'connections_exceeded');
      return void socket.destroy();
    }
    this.#counters.add('connections');
    const name = nameOf(socket);
    this.#visitors.set(name, { socket, address, stranger: true });
    socket.once('close', () => this.#visitors.delete(name));
    // A fault before anybody listens for it must not end the process.
    socket.on('error', () => {});
  }

  /** Ends strangers that talk too much; `readable` is only listened to until they log in. */
  #watch(socket: Socket, visitor: Visitor): void {
    let reads = 0;
    const look = () => {
      if (!visitor.stranger) socket.off('readable', look);
      else if (++reads > STRANGER_READS || socket.bytesRead > STRANGER_BYTES) {
        this.#counters.outcome('refused', 'packet_too_large');
        socket.destroy();
      }
    };
    socket.on('readable', look);
  }
}

function nameOf(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort}`;
}
