#!/usr/bin/env node
// Entry of the `vitalseal` command. Plain JavaScript, so that a Node too old for our TypeScript still reads the reason;
// it runs the command in this very process: a child process would survive a kill -9 of its parent.
import module from 'node:module';
import { fileURLToPath } from 'node:url';
import v8 from 'node:v8';
import vm from 'node:vm';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(
    `vitalseal: this is Node ${process.versions.node}, and vitalseal needs 22.18 or newer.\n` +
      'Run it as `npx vitalseal …` or through an npm script: both bring the Node of this project.\n',
  );
  process.exit(1);
}

// Before the compile cache, whose entries are bound to the flags. A gateway has little memory, and V8 would let the
// nursery of a thread grow to 50 MB in one burst and its heap to several times what is alive; this costs a tenth of the
// processor time of a burst.
v8.setFlagsFromString('--expose-gc');
// What WebAssembly calls JavaScript through (`fetch` and type stripping have some) is compiled after 1,000 calls into one
// cache for all threads, and V8 aborts the process now and then when it frees from that: nodejs/node#64500. Never is enough.
v8.setFlagsFromString('--wasm-wrapper-tiering-budget=2147483647');
if (process.argv[2] === 'agent') {
  v8.setFlagsFromString('--semi-space-growth-factor=1');
  v8.setFlagsFromString('--heap-growing-percent=50');
}

// Inside the installation, never in a world-writable temporary folder: cached code is code.
const cache = fileURLToPath(new URL('../../node_modules/.cache/vitalseal', import.meta.url));
module.enableCompileCache?.(cache);
process.env.NODE_COMPILE_CACHE ??= cache; // a worker thread reads this, and starts 200 ms later without it
// What stays is a service. One that is killed would never write what it compiled, and start slowly for ever; and half of
// what its start took is garbage.
setTimeout(() => {
  module.flushCompileCache?.();
  vm.runInNewContext('gc')({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}, 2000).unref();
const { main } = await import('../main.ts');
const code = await main(process.argv.slice(2));
// A pipe takes what is written bit by bit: leave only when all of it has left.
await Promise.all([process.stdout, process.stderr].map((stream) => new Promise((done) => stream.write('', done))));
process.exit(code);
