import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { formatExampleIds } from './format-example.testing.ts';

describe('FORMATS.md', () => {
  it('has no example that no test reads', () => {
    const folder = fileURLToPath(new URL('.', import.meta.url));
    const tests = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.test.ts') && !path.includes('node_modules'))
      .map((path) => readFileSync(`${folder}${path}`, 'utf8'))
      .join('');
    const ids = formatExampleIds();
    expect(ids.length).toBeGreaterThan(10);
    expect(ids.filter((id) => !tests.includes(`('${id}')`))).toEqual([]);
  });
});
