// Standing against a real outbox, and a ledger that is a list of leaves: false receipts must not outlive a look at it.
import { emptyRoot, generateSigningKey, type Hash, leafHash, ownHistoryRoot, signEntry } from '@vitalseal/ledger';
import { expect, it, onTestFinished } from 'vitest';
import type { VaultCore } from '../vault/calls.ts';
import { GATEWAY, group, IDENTITY, live, ORIGIN, part, person, temporaryFolder } from '../vault/core.testing.ts';
import { type StandingPorts, takeStanding } from './standing.ts';

const KEY = generateSigningKey();

/** Three items, an epoch and two records, signed for seq 0, 1 and 2, and a ledger without any of them. */
async function threeSigned() {
  const ann = await person(1);
  const { core } = live(temporaryFolder(onTestFinished));
  onTestFinished(() => core.close());
  await core.setIdentity(IDENTITY);
  await core.setOwners([ann]);
  for (const from of [0, 1]) {
    core.commit(group([part(ann.owner, from, 1)]));
    await core.flush();
  }
  const ids = core.pending(9).map(({ id }) => id);
  const taken: Hash[] = [];
  sign(core, ids);
  return { core, ids, taken, stand: () => standingOf(core, taken) };
}

/** Signs these after what is signed already; answers the leaves. */
function sign(core: VaultCore, ids: readonly number[]): Hash[] {
  return ids.map((id) => {
    const bytes = core.ownLeaves().leaves;
    const own = Array.from({ length: bytes.length / 32 }, (_, i) => bytes.slice(32 * i, 32 * (i + 1)));
    const { type, body } = core.pending(9).find((item) => item.id === id) as unknown as { type: never; body: never };
    const head = { origin: ORIGIN, signer: GATEWAY, seq: own.length, history: ownHistoryRoot(own) };
    const entry = signEntry({ ...head, seen: { size: 0, root: emptyRoot }, type, body }, KEY);
    core.commitSigned([{ id, seq: own.length, entry, leaf: leafHash(entry) }]);
    return leafHash(entry);
  });
}

function standingOf(core: VaultCore, taken: readonly Hash[]) {
  const rows = taken.map((leaf, seq) => ({ leaf, index: 100 + seq }));
  const client = {
    signer: async () => ({ seq: taken.length }),
    signerLeaves: async (_of: unknown, from: number) => rows.slice(from),
  } as unknown as StandingPorts['client'];
  return takeStanding({ vault: core as unknown as StandingPorts['vault'], client, origin: ORIGIN, address: GATEWAY });
}

const stateOf = (core: VaultCore) => core.pending(9).map(({ id, state, seq, index }) => [id, state, seq, index]);

it('takes back a false receipt behind a refusal, whenever the power went', async () => {
  const { core, ids, stand } = await threeSigned();
  const [a, b, c] = ids as [number, number, number];
  // As an earlier version left it: the first refused, its followers accepted by receipts for what the ledger has not.
  core.refused([{ id: a, code: 'epoch_taken', permanent: true }]);
  core.accepted([
    { id: b, index: 999 },
    { id: c, index: 998 },
  ]);
  expect(await stand()).toMatchObject({ kind: 'sound', next: 0, unproven: null });
  expect(stateOf(core)).toEqual([
    [b, 'unsigned', null, null],
    [c, 'unsigned', null, null],
  ]);
});

it('takes back what a gap cut off, though the first follows on what the ledger has', async () => {
  const { core, ids, stand } = await threeSigned();
  const [a, b, c] = ids as [number, number, number];
  core.accepted([{ id: a, index: 999 }]);
  core.refused([{ id: b, code: 'epoch_taken', permanent: true }]);
  core.accepted([{ id: c, index: 998 }]);
  expect(await stand()).toMatchObject({ kind: 'sound', next: 0, unproven: null });
  expect(stateOf(core)).toEqual([
    [a, 'unsigned', null, null],
    [c, 'unsigned', null, null],
  ]);
});

it('adopts the older variants, when the ledger took them after all', async () => {
  const { core, ids, taken, stand } = await threeSigned();
  const [a, b, c] = ids as [number, number, number];
  const older = [0, 1, 2].map((seq) => core.signedVariants(seq)[0]?.leaf as Hash);
  core.refused([{ id: a, code: 'epoch_taken', permanent: true }]);
  core.accepted([{ id: b, index: 999 }]);
  await stand();
  sign(core, [b, c]);
  taken.push(...older);
  expect(await stand()).toMatchObject({ kind: 'sound', next: 3, unproven: { seq: 2, index: 102 } });
  expect(stateOf(core)).toEqual([
    [a, 'accepted', 0, 100],
    [b, 'accepted', 1, 101],
    [c, 'accepted', 2, 102],
  ]);
});

it('leaves receipts alone that the ledger only does not show yet, and knows their index once it does', async () => {
  const { core, ids, taken, stand } = await threeSigned();
  const [a] = ids as [number];
  core.accepted([{ id: a, index: 999 }]);
  await stand();
  expect(stateOf(core)[0]).toEqual([a, 'accepted', 0, 999]);
  taken.push(core.signedVariants(0)[0]?.leaf as Hash);
  await stand();
  expect(stateOf(core)[0]).toEqual([a, 'accepted', 0, 100]);
});
