import { expect, it } from 'vitest';
import { permissionOf } from './permission.ts';

it.each([
  [{}, 'usage', 'one of a code and a key file is needed'],
  [{ code: 'x', key: 'y' }, 'usage', 'and not both'],
  [{ code: 'x' }, 'invite_invalid', ''],
  [{ key: 'x' }, 'identity_file_invalid', 'this is not a key file of facility invite --mint: line 1'],
])('refuses %j', (given, code, words) => {
  expect(() => permissionOf(given)).toThrowError(
    expect.objectContaining({ code, message: expect.stringContaining(words) }),
  );
});
