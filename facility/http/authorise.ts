// Who signs a request: a registered user, by its current key. Nobody else may store anything or fetch an envelope.
import { checkRequest, equalBytes, type UserState, VitalsealError } from '@vitalseal/ledger';
import type { Node } from '../node.ts';
import { bodyOf } from './request.ts';

export interface SignedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: unknown;
}

/** The user whose current signing key signed. Throws `request_unauthorised` or `request_expired`. */
export function authorise(node: Pick<Node, 'state' | 'now'>, request: SignedRequest): UserState {
  const { user, key } = whoSigned(node, request);
  if (key !== 'signing') throw new VitalsealError('request_unauthorised', 'a recovery key only reads');
  return user;
}

/** A registered user, and with which of its two current keys. Throws as `authorise` does. */
export function whoSigned(
  { state, now }: Pick<Node, 'state' | 'now'>,
  request: SignedRequest,
): { user: UserState; key: 'signing' | 'recovery' } {
  const header = request.headers.authorization;
  const { kid } = checkRequest(typeof header === 'string' ? header : undefined, {
    method: request.method,
    path: request.url,
    body: bodyOf(request),
    origin: state.origin,
    nowSeconds: now(),
  });
  const user = state.holderOf(kid);
  if (user !== null && equalBytes(user.signingKey, kid)) return { user, key: 'signing' };
  if (user !== null && equalBytes(user.recoverySigningKey, kid)) return { user, key: 'recovery' };
  throw new VitalsealError('request_unauthorised', "the key is no registered user's");
}
