// Sync against a real facility over a link that fails on purpose. Every request, every fault, with both outcomes: what was
// asked did not happen, or it happened and nobody heard. Each reading is proven once; nothing is registered twice.
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Agent, agentStatus, enrolAgent, runAgent } from '@vitalseal/agent';
import { mintKey } from '@vitalseal/facility';
import { decodeCbor, encodeCbor, fromHex, openAnswer, signingKeyOf, signReceipt, signRefusal } from '@vitalseal/ledger';
import { readRecords } from '@vitalseal/wallet';
import { describe, expect, test } from 'vitest';
import { ANY_PORT, type EmbeddedSite, enrolAndRun, makeEmbeddedSite } from '../site/embedded.ts';
import type { Fault } from '../site/faulty-link.ts';
import { inTemporaryFolder } from '../site/folder.ts';
import { until } from '../site/until.ts';

async function inSite(use: (site: EmbeddedSite, agent: Agent) => Promise<void>): Promise<void> {
  await inTemporaryFolder(async (dir) => {
    const site = await makeEmbeddedSite(dir);
    const agent = await enrolAndRun(site);
    try {
      await use(site, agent);
    } finally {
      await agent.stop();
      await site.stop();
    }
  });
}

/** The numbers that the owner reads back, each as often as it is there. */
async function readBack(site: EmbeddedSite): Promise<number[]> {
  const { read, unread } = await readRecords({ facilityUrl: site.facility.url, identity: site.identity, wish: 'all' });
  expect(unread).toEqual([]);
  return read.flatMap(({ rows }) => rows.map(({ value }) => Number(value))).toSorted((a, b) => a - b);
}

const REQUESTS = [
  'PUT /v1/epochs',
  'PUT /v1/blobs',
  'POST /v1/entries',
  'GET /v1/signers',
  'GET /v1/prove',
  'GET /v1/users',
];
const FAULTS: Fault[] = ['refuse', 'lose', 'twice', 'nonsense', 'busy', 'cut'];

describe.each(FAULTS)('%s', (fault) => {
  test.each(REQUESTS)('at the first three of %s: proven once each', { timeout: 40_000 }, async (request) => {
    await inTemporaryFolder(async (dir) => {
      const site = await makeEmbeddedSite(dir);
      const code = site.facility.invite({ role: 'gateway' });
      await enrolAgent({ dir: site.agentDir, facility: site.link.url, owner: site.owner, code });
      let hits = 0;
      site.link.judge = (what) => (what === request && hits++ < 3 ? fault : null);
      const agent = await runAgent({ dir: site.agentDir, mqtt: ANY_PORT, batchAgeMs: 50, log: () => {} });
      try {
        await site.publish(agent, 3);
        await until('the first to be proven', async () => (await agent.status()).proven === 3);
        await site.publish(agent, 3);
        expect(await agent.flush()).toMatchObject({
          proven: 6,
          refused: 0,
          backlog: { readings: 0, batches: 0 },
          problem: null,
        });
        expect(await readBack(site)).toEqual([0, 1, 2, 3, 4, 5]);
      } finally {
        await agent.stop();
        await site.stop();
      }
    });
  });
});

test('a link that fails two times in five, and an agent that is stopped in between', { timeout: 60_000 }, async () => {
  await inSite(async (site, first) => {
    const weather: (Fault | null)[] = [...FAULTS, ...Array.from({ length: 9 }, () => null)];
    let seed = 7;
    site.link.judge = () => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return weather[Math.floor((seed / 2_147_483_648) * weather.length)] ?? null;
    };
    await site.publish(first, 20);
    await first.stop();
    let agent = await runAgent({ dir: site.agentDir, mqtt: ANY_PORT, batchAgeMs: 20, log: () => {} });
    await site.publish(agent, 20);
    await agent.stop();
    agent = await runAgent({ dir: site.agentDir, mqtt: ANY_PORT, batchAgeMs: 20, log: () => {} });
    await site.publish(agent, 20);
    await agent.flush();
    await agent.stop();
    expect(await readBack(site)).toEqual(Array.from({ length: 60 }, (_, i) => i));
  });
});

test('a facility that shows a forked log: refused, both checkpoints kept, nothing dropped; the honest one goes on', {
  timeout: 60_000,
}, async () => {
  await inSite(async (site, agent) => {
    await site.publish(agent, 2);
    await agent.flush();
    // The same facility as it was, which then goes another way.
    await site.facility.stop();
    const twinDir = join(site.dir, 'twin');
    cpSync(site.facilityDir, twinDir, { recursive: true });
    site.facility = await site.startFacility();
    site.link.target = site.facility.url;
    await site.publish(agent, 2);
    await agent.flush();
    const held = (await agent.status()).checkpoint;
    const twin = await site.startFacility(twinDir);
    for (let i = 0; i < 4; i++) await mintKey({ dir: twinDir }, 'gateway');
    site.link.target = twin.url;
    await site.publish(agent, 2);
    const status = await until('the fork to be seen', async () => {
      const now = await agent.status();
      return now.problem === 'checkpoint_forked' ? now : undefined;
    });
    expect(status).toMatchObject({ problem: 'checkpoint_forked', checkpoint: held, proven: 4 });
    expect(status.evidence[0]?.held).not.toBe(status.evidence[0]?.shown);
    await agent.stop();
    site.link.target = site.facility.url;
    const again = await runAgent({ dir: site.agentDir, mqtt: ANY_PORT, log: () => {} });
    expect(await again.flush()).toMatchObject({ proven: 6, problem: null });
    expect((await again.status()).evidence).toHaveLength(1);
    await again.stop();
    expect(await readBack(site)).toEqual([0, 1, 2, 3, 4, 5]);
  });
});

test("another's recipient key is refused: readings wait, and are sealed once the owner's own is shown", {
  timeout: 40_000,
}, async () => {
  await inTemporaryFolder(async (dir) => {
    const site = await makeEmbeddedSite(dir);
    const code = site.facility.invite({ role: 'gateway' });
    await enrolAgent({ dir: site.agentDir, facility: site.link.url, owner: site.owner, code });
    const other = await mintKey({ dir: site.facilityDir }, 'patient');
    const shown = Buffer.from(await (await fetch(`${site.facility.url}/v1/users/${other.address}`)).arrayBuffer());
    site.link.forge = (what) => (what === 'GET /v1/users' ? shown : null);
    const agent = await runAgent({ dir: site.agentDir, mqtt: ANY_PORT, batchAgeMs: 50, log: () => {} });
    await site.publish(agent, 3);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(await agent.status()).toMatchObject({ backlog: { readings: 3, batches: 0 }, proven: 0 });
    site.link.forge = () => null;
    await until('all to be proven', async () => (await agent.status()).proven === 3);
    await agent.stop();
    await site.stop();
  });
});

test('false refusals and receipts: what the ledger took after all is adopted, and nothing is registered twice', {
  timeout: 40_000,
}, async () => {
  await inSite(async (site, agent) => {
    const text = readFileSync(join(site.facilityDir, 'keys', 'facility'), 'utf8');
    const key = signingKeyOf(fromHex(text.split('\n')[1] ?? '', 32));
    await site.publish(agent, 2);
    await agent.flush();
    let lies = 0;
    site.link.forge = (what, answer) => {
      if (what !== 'POST /v1/entries' || lies > 0) return null;
      const answers = (decodeCbor(answer) as Uint8Array[]).map(openAnswer);
      const forged = answers.map(({ origin, leaf, time }, i) =>
        i === 0
          ? signRefusal({ origin, leaf, time, code: 'record_exists', retry: false }, key)
          : signReceipt({ origin, leaf, time, index: 999_999 }, key),
      );
      lies += forged.length > 1 ? 1 : 0;
      return forged.length > 1 ? Buffer.from(encodeCbor(forged)) : null;
    };
    // No link meanwhile, so that several records go in one request.
    site.link.judge = () => 'refuse';
    for (let i = 0; i < 3; i++) {
      await site.publish(agent, 2);
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    site.link.judge = () => null;
    await until('all to be proven', async () => (await agent.status()).proven === 8);
    expect(lies).toBe(1);
    expect(await agent.flush()).toMatchObject({ proven: 8, refused: 0, backlog: { readings: 0 }, problem: null });
    expect(await readBack(site)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });
});

test('a copy of the folder that goes on: identity_forked, nothing lost; it goes on after re-enrolment', {
  timeout: 60_000,
}, async () => {
  await inSite(async (site, agent) => {
    await site.publish(agent, 2);
    await agent.flush();
    await agent.stop();
    const copy = join(site.dir, 'copy');
    cpSync(site.agentDir, copy, { recursive: true });

    const original = await runAgent({ dir: site.agentDir, mqtt: ANY_PORT, log: () => {} });
    await site.publish(original, 2);
    expect((await original.flush()).proven).toBe(4);
    const address = original.address as string;
    await original.stop();

    const clone = await runAgent({ dir: copy, mqtt: ANY_PORT, batchAgeMs: 50, log: () => {} });
    await until('the fork to be seen', async () => (await clone.status()).forked);
    await site.publish(clone, 3, copy);
    expect(await clone.status()).toMatchObject({ state: 'forked', problem: 'identity_forked', proven: 2 });
    await clone.stop();
    expect((await agentStatus(copy)).backlog.readings).toBe(3);

    const code = site.facility.invite({ subject: address });
    await enrolAgent({ dir: copy, facility: site.link.url, owner: site.owner, code });
    const again = await runAgent({ dir: copy, mqtt: ANY_PORT, log: () => {} });
    expect(await again.flush()).toMatchObject({ forked: false, state: 'running', backlog: { readings: 0 }, proven: 5 });
    await again.stop();
    expect(await readBack(site)).toHaveLength(7);
  });
});
