// The port to a facility. The agent brings HTTP with its pins, a browser its fetch, a test the facility itself.

export interface TransportRequest {
  readonly method: 'GET' | 'PUT' | 'POST';
  /** With the query, as it is signed. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** For the whole exchange. */
  readonly timeoutMs?: number;
  /** Reading stops, and the answer is a failure, when there are more bytes than this. */
  readonly maxBytes?: number;
}

export interface TransportAnswer {
  readonly status: number;
  readonly body: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One exchange, no retry. Rejects when there was no whole answer. Must not follow redirects. */
export type Transport = (request: TransportRequest) => Promise<TransportAnswer>;
