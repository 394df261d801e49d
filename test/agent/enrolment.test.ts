// Enrolment whose power goes after each step, against a real facility: the same command again finishes, and the ledger has
// one registration, one rotation, one delegation.
import { enrolAgent, runAgent } from '@vitalseal/agent';
import { mintKey } from '@vitalseal/facility';
import { decodeEntry, FacilityClient } from '@vitalseal/ledger';
import { expect, test } from 'vitest';
import { ANY_PORT, type EmbeddedSite, makeEmbeddedSite } from '../site/embedded.ts';
import { inTemporaryFolder } from '../site/folder.ts';

class PowerCut extends Error {}

async function inSite(use: (site: EmbeddedSite) => Promise<void>): Promise<void> {
  await inTemporaryFolder(async (dir) => {
    const site = await makeEmbeddedSite(dir);
    try {
      await use(site);
    } finally {
      await site.stop();
    }
  });
}

/** Cuts the power after the first `steps` steps; false when it ended before. */
async function cutAfter(
  steps: number,
  site: EmbeddedSite,
  permission: { code?: string; key?: string },
): Promise<string | false> {
  let left = steps;
  let last = '';
  const at = (step: string) => {
    last = step;
    if (--left === 0) throw new PowerCut();
  };
  try {
    await enrolAgent({ dir: site.agentDir, facility: site.link.url, owner: site.owner, ...permission, at });
    return false;
  } catch (error) {
    if (!(error instanceof PowerCut)) throw error;
    return last;
  }
}

async function proves(site: EmbeddedSite): Promise<void> {
  const agent = await runAgent({ dir: site.agentDir, mqtt: ANY_PORT, log: () => {} });
  try {
    await site.publish(agent, 3);
    expect(await agent.flush()).toMatchObject({ proven: 3, backlog: { readings: 0, batches: 0 } });
  } finally {
    await agent.stop();
  }
}

/** Types of the entries in the ledger, from the person's registration on. */
async function ledger(site: EmbeddedSite): Promise<string[]> {
  const client = new FacilityClient(async ({ path }) => {
    const answer = await fetch(site.facility.url + path);
    return { status: answer.status, body: new Uint8Array(await answer.arrayBuffer()) };
  });
  const types: string[] = [];
  for (let index = 3; index < site.facility.status().entries; index++)
    types.push(decodeEntry(await client.entry(index)).entry.type);
  return types;
}

test('with an invite, cut after every step in turn', { timeout: 60_000 }, async () => {
  await inSite(async (site) => {
    const code = site.facility.invite({ role: 'gateway' });
    const cuts: string[] = [];
    // Each attempt gets one step further than the last one; steps that are done do not come again.
    for (let attempt = 0; attempt < 20; attempt++) {
      const last = await cutAfter(1, site, { code });
      if (last === false) break;
      cuts.push(last);
      if (cuts.filter((step) => step === last).length > 1) {
        // `identity` and `delegated` are not saved apart, so a cut after them comes back: go past them.
        const done = await cutAfter(2, site, { code });
        if (done === false) break;
        cuts.push(done);
      }
      if (cuts.at(-1) === 'delegated') {
        await enrolAgent({ dir: site.agentDir, facility: site.link.url, owner: site.owner, code });
        break;
      }
    }
    expect(cuts).toEqual(
      expect.arrayContaining(['begun', 'keys', 'voucher', 'entry', 'registered', 'identity', 'delegated']),
    );
    expect(await ledger(site)).toEqual(['user.register', 'device.delegate']);
    await proves(site);
  });
});

test('with a minted key, which is rotated at once, cut after every step', { timeout: 60_000 }, async () => {
  await inSite(async (site) => {
    const { text: key, address } = await mintKey({ dir: site.facilityDir }, 'gateway');
    for (let steps = 1; ; steps++) if ((await cutAfter(steps, site, { key })) === false) break;
    expect(await ledger(site)).toEqual(['user.register', 'key.rotate', 'device.delegate']);
    const again = await enrolAgent({ dir: site.agentDir, facility: site.link.url, owner: site.owner, key });
    expect(again.address).toBe(address);
    await proves(site);
  });
});

test('answers that are lost on the way, whatever was done by then', { timeout: 60_000 }, async () => {
  await inSite(async (site) => {
    const code = site.facility.invite({ role: 'gateway' });
    const lost = new Set<string>();
    site.link.judge = (what) => (what.startsWith('POST') && !lost.has(what) && lost.add(what) ? 'lose' : null);
    const attempt = () => enrolAgent({ dir: site.agentDir, facility: site.link.url, owner: site.owner, code });
    for (let n = 0; n < 3; n++) await expect(attempt()).rejects.toMatchObject({ code: 'facility_unreachable' });
    await attempt();
    expect([...lost].toSorted()).toEqual(['POST /v1/delegations', 'POST /v1/entries', 'POST /v1/vouch']);
    expect(await ledger(site)).toEqual(['user.register', 'device.delegate']);
    await proves(site);
  });
});

test('another policy, a used invite, an unknown owner and a second enrolment are refused', {
  timeout: 60_000,
}, async () => {
  await inSite(async (site) => {
    const code = site.facility.invite({ role: 'gateway' });
    const enrol = (change: object) =>
      enrolAgent({ dir: site.agentDir, facility: site.link.url, owner: site.owner, code, ...change });
    site.link.forge = (what, answer) =>
      what === 'GET /policy' ? Buffer.concat([answer, Buffer.from('# other\n')]) : null;
    await expect(enrol({})).rejects.toMatchObject({ code: 'policy_mismatch' });
    site.link.forge = () => null;
    const nobody = site.owner.replace(/.$/, (c) => (c === 'q' ? 'p' : 'q'));
    await expect(enrol({ owner: nobody })).rejects.toMatchObject({ code: 'address_invalid' });
    const { address } = await mintKey({ dir: site.facilityDir }, 'gateway');
    await expect(enrol({ owner: address })).rejects.toMatchObject({ code: 'authority_invalid' });
    await enrol({});
    const other = site.facility.invite({ role: 'patient' });
    await expect(enrol({ code: other })).rejects.toMatchObject({ code: 'invite_refused' });
    await expect(enrol({ owner: address })).rejects.toMatchObject({ code: 'folder_exists' });
  });
});
