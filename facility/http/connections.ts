// Connections, in all and from one network: whoever opens them and says nothing keeps nobody else out.
import type { Server, Socket } from 'node:net';
import { networkOf } from './network.ts';

/** Closes what comes beyond `perNetwork` connections of one network at a time, or beyond `inAll`. */
export function limitConnections(server: Server, inAll: number, perNetwork: number): void {
  const open = new Map<string, number>();
  server.maxConnections = inAll;
  server.on('connection', (socket: Socket) => {
    const network = networkOf(socket.remoteAddress ?? '');
    const count = (open.get(network) ?? 0) + 1;
    open.set(network, count);
    socket.once('close', () => {
      const left = (open.get(network) ?? 1) - 1;
      if (left > 0) open.set(network, left);
      else open.delete(network);
    });
    if (count > perNetwork) socket.destroy();
  });
}
