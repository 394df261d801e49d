// A TCP relay between agent and facility that counts every byte of both directions, HTTP included, and can cut the link.

import { connect, createServer, type Server, type Socket } from 'node:net';
import { freePort } from './ports.ts';

export interface WireMeter {
  readonly url: string;
  bytes(): { up: number; down: number };
  /** Refuses new connections and breaks the open ones, or lets them through again. */
  setLink(up: boolean): void;
  stop(): void;
}

/** Starts a relay to `target` (an http URL on loopback). */
export async function startWireMeter(target: string): Promise<WireMeter> {
  const port = await freePort();
  const targetPort = Number(new URL(target).port);
  const sockets = new Set<Socket>();
  const bytes = { up: 0, down: 0 };
  let linkUp = true;
  const server: Server = createServer((client) => {
    if (!linkUp) return void client.destroy();
    const upstream = connect(targetPort, '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.once('error', () => socket.destroy());
      socket.once('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.on('data', (chunk) => {
      bytes.up += chunk.length;
      upstream.write(chunk);
    });
    upstream.on('data', (chunk) => {
      bytes.down += chunk.length;
      client.write(chunk);
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${port}`,
    bytes: () => ({ ...bytes }),
    setLink(up) {
      linkUp = up;
      if (!up) for (const socket of sockets) socket.destroy();
    },
    stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
