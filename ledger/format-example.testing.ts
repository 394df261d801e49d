// Reads the examples out of FORMATS.md, so that tests can hold the code to what the document shows. Only tests use it.

import { readFileSync } from 'node:fs';

const FENCE = /^```example id=([a-z0-9-]+)\n([\s\S]*?)^```$/gm;

let examples: Map<string, string> | undefined;

function readExamples(): Map<string, string> {
  const found = new Map<string, string>();
  for (const [, id, body] of readFileSync(new URL('FORMATS.md', import.meta.url), 'utf8').matchAll(FENCE)) {
    if (found.has(id as string)) throw new Error(`FORMATS.md has two examples with id=${id}`);
    found.set(id as string, (body as string).trimEnd());
  }
  return found;
}

/** The text between the fences of the example with this id, without the last line break. */
export function formatExample(id: string): string {
  examples ??= readExamples();
  const example = examples.get(id);
  if (example === undefined) throw new Error(`FORMATS.md has no example with id=${id}`);
  return example;
}

/** The ids of all examples. */
export function formatExampleIds(): string[] {
  examples ??= readExamples();
  return [...examples.keys()];
}

/** The bytes of an example written in hex: `#` begins a comment, white space does not count. */
export function formatExampleBytes(id: string): Uint8Array {
  const hex = formatExample(id).replace(/#.*$/gm, '').replace(/\s+/g, '');
  if (!/^([0-9a-f]{2})*$/.test(hex)) throw new Error(`the example with id=${id} is not hex`);
  return Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}
