// What a person brings to be enrolled with, as the steps take it: an invite's code, or the text of a minted key file.
import { isVitalsealError, parseIdentity, parseInvite, signingKeyOf, VitalsealError } from '@vitalseal/ledger';
import type { Permission } from './steps.ts';

/** Throws `usage` unless it is one of the two, `invite_invalid` for a code and `identity_file_invalid` for a file that is none. */
export function permissionOf({
  code,
  key,
}: {
  readonly code?: string | undefined;
  readonly key?: string | undefined;
}): Permission {
  if ((code === undefined) === (key === undefined))
    throw new VitalsealError('usage', 'one of a code and a key file is needed, and not both');
  if (code !== undefined) {
    parseInvite(code);
    return { kind: 'code', code };
  }
  const { address, signingKey, policy } = keyFile(key as string);
  return { kind: 'key', address, key: signingKeyOf(signingKey), policy };
}

function keyFile(text: string): ReturnType<typeof parseIdentity> {
  try {
    return parseIdentity(text);
  } catch (error) {
    if (!isVitalsealError(error)) throw error;
    throw new VitalsealError(error.code, `this is not a key file of facility invite --mint: ${error.message}`);
  }
}
