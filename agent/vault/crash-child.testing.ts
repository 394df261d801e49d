// A life of the vault that ends by SIGKILL at a named commit point, run by crash.test.ts in a process of its own. What
// it was told is durable it says on stdout before it goes on, as a broker acknowledges.
//
//   node crash-child.testing.ts FOLDER POINT WHEN NTH FIRST

import { readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { fakeEntry, group, IDENTITY, live, type Person, part } from './core.testing.ts';

const [folder = '', point = '', when = '', nth = '', first = ''] = process.argv.slice(2);
const people = deserialize(readFileSync(join(folder, 'people'))) as Person[];
const say = (line: string) => writeSync(1, `${line}\n`);

let left = Number(nth);
const { core } = live(folder, {
  faults(at, moment) {
    if (at !== point || moment !== when) return;
    left -= 1;
    if (left === 0) process.kill(process.pid, 'SIGKILL');
  },
});
const [ann, bob, cid] = people as [Person, Person, Person];
await core.setIdentity(IDENTITY);
await core.setOwners([ann, { ...bob, sealed: false }, cid]);

let n = Number(first);
const send = (owner: Uint8Array | null) => {
  say(`sent ${n} 5`);
  core.commit(group([part(owner, n, 5)], [{ user: 'pump', client: 'c', packetId: n % 65_536, hash: 'abcdefgh' }]));
  say(`kept ${n} 5`);
  n += 5;
};

for (let round = 0; round < 4; round++) {
  send(ann.owner);
  send(bob.owner);
  send(null);
  send(ann.owner);
  await core.flush();
  send(bob.owner);
  if (round % 2 === 1) {
    await core.setOwners([ann, bob, cid]);
    await core.setAssignments(new Map([['pump', cid.owner]]));
    await core.setAssignments(new Map());
    await core.setOwners([ann, { ...bob, sealed: false }, cid]);
  }
  register();
}
await core.close();
say('closed');

/** What sync does, with a facility that takes everything. */
function register(): void {
  const { proven, leaves } = core.ownLeaves();
  let seq = leaves.length / 32;
  const unsigned = core.pending(100).filter(({ state }) => state === 'unsigned');
  core.commitSigned(unsigned.map(({ id }) => fakeEntry(id, seq++)));
  const signed = core.pending(100);
  for (const item of signed) {
    const blob = item.blobHash === null ? null : core.blob(item.blobHash);
    const envelopes = item.type === 'epoch.open' ? core.envelopes(item.body.epoch) : null;
    writeFileSync(join(folder, 'facility', `${item.id}`), serialize({ item, blob, envelopes }));
  }
  core.accepted(signed.map(({ id, seq }) => ({ id, index: 100 + (seq ?? 0) })));
  if (signed.length > 0) core.proven({ throughSeq: proven + signed.length - 1 });
}
