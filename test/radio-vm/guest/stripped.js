// Preloaded by every Node of the guest: takes TypeScript from where the host has already stripped it of its types. Emulated, the
// stripper (WebAssembly) takes seconds at each start, and V8 dies of it now and then while it optimises that code.
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';

const PROJECT = 'file:///project/';

registerHooks({
  load(url, context, nextLoad) {
    if (!url.startsWith(PROJECT) || !url.endsWith('.ts')) return nextLoad(url, context);
    const source = readFileSync(`/stripped/${url.slice(PROJECT.length)}`, 'utf8');
    return { format: 'module', source, shortCircuit: true };
  },
});
