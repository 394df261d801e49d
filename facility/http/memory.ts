// Memory that a request takes: its body on the way in, a blob on the way out. It is given back when the answer has left
// or the connection has gone, whichever comes first.
import type { Socket } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Reservations } from '../admission/reservations.ts';
import { networkOf } from './network.ts';

export class RequestMemory {
  readonly #reservations: Reservations;
  // Of requests that were sent ahead of their answers only the first learns that its connection has gone.
  readonly #open = new WeakMap<Socket, Set<() => void>>();

  constructor(bytes: number) {
    this.#reservations = new Reservations(bytes);
  }

  /** Throws `facility_busy` when there is no room, in all or for this client's network. */
  reserve(request: FastifyRequest, reply: FastifyReply, bytes: number): void {
    const holder = {};
    this.#reservations.reserve(holder, networkOf(request.ip), bytes);
    const open = this.#openOn(request.raw.socket);
    const release = () => {
      this.#reservations.release(holder);
      open.delete(release);
    };
    open.add(release);
    reply.raw.once('close', release);
  }

  #openOn(socket: Socket): Set<() => void> {
    const known = this.#open.get(socket);
    if (known !== undefined) return known;
    const open = new Set<() => void>();
    this.#open.set(socket, open);
    socket.once('close', () => {
      for (const release of [...open]) release();
    });
    return open;
  }
}
