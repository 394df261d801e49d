import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../agent/config/config.ts';

const folder = fileURLToPath(new URL('../../deploy/', import.meta.url));
const samples = readdirSync(folder).filter((name) => name.endsWith('.toml'));

describe('the sample configurations', () => {
  it('are there', () => {
    expect(samples).toEqual(['agent-home.toml', 'agent.toml']);
  });

  it.each(samples)('%s is one that the agent takes, and differs from its defaults', (name) => {
    const config = parseConfig(readFileSync(folder + name, 'utf8'), name);
    expect(config).not.toEqual(parseConfig('', name));
    expect(config.facility.url).toMatch(/^https:/);
  });
});
