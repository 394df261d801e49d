import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { CONTEXT, contextName } from './context.ts';

it('is the table of FORMATS.md, key for key', () => {
  const formats = readFileSync(new URL('../FORMATS.md', import.meta.url), 'utf8');
  const [, table] = /\n\| key \| name \| key \| name \| key \| name \|\n[-|]+\n((?:\|.*\n)+)/.exec(formats) ?? [];
  const rows = [...(table ?? '').matchAll(/\| (\d+) \| (\w+) (?=\|)/g)];
  const written = rows.map(([, key, name]) => [name as string, Number(key)] as const).sort(([, a], [, b]) => a - b);
  expect(written).toEqual(Object.entries(CONTEXT));
  for (const [name, key] of Object.entries(CONTEXT)) expect(contextName(key)).toBe(name);
  expect(contextName(0)).toBe(null);
});
