// Who signs a request: a registered user, by its current key. Nobody else may store anything or fetch an envelope.
import { checkRequest, type UserState, VitalsealError } from '@vitalseal/ledger';
import type { Node } from '../node.ts';
import { bodyOf } from './request.ts';

export interface SignedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: unknown;
}

/** Throws `request_unauthorised` or `request_expired`. */
export function authorise({ state, now }: Pick<Node, 'state' | 'now'>, request: SignedRequest): UserState {
  const header = request.headers.authorization;
  const { kid } = checkRequest(typeof header === 'string' ? header : undefined, {
    method: request.method,
    path: request.url,
    body: bodyOf(request),
    origin: state.origin,
    nowSeconds: now(),
  });
  const user = state.userOfKey(kid);
  if (user === null) throw new VitalsealError('request_unauthorised', 'the key is no registered user’s');
  return user;
}
