// How many registrations a second one facility admits, each verified in full and durable before its receipt. Several gateways
// sign beforehand; each posts its own entries in order, 64 at a time, over a connection of its own, as a fleet would.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  addressOf,
  type Entry,
  encodeEnvelopeSet,
  epochId,
  FacilityClient,
  Frontier,
  generateRecipientKey,
  type Hash,
  leafHash,
  parseAddress,
  parseCheckpoint,
  parseIdentity,
  parseNote,
  randomBytes,
  type SigningKey,
  sealEnvelopes,
  sha256,
  signEntry,
  signingKeyOf,
  type Transport,
} from '@vitalseal/ledger';
import { runJson } from '../site/command.ts';
import { inTemporaryFolder } from '../site/folder.ts';
import { makeSite, type Site } from '../site/site.ts';
import { cpuSeconds } from './process-figures.ts';

const PER_POST = 64;
const GATEWAYS = 4;

/** Registers `count` records; per second by the clock, and per second of the facility's processor time. */
export function measureRegistrations(count: number) {
  return inTemporaryFolder(async (dir) => {
    const site = await makeSite(dir, { agentStopped: true });
    const fleets = [];
    for (let i = 0; i < GATEWAYS; i++) fleets.push(await prepare(site, join(dir, `gateway-${i}`), count / GATEWAYS));
    const pid = site.facility.pid;
    const before = { cpu: cpuSeconds(pid), wall: performance.now() };
    const refused = await Promise.all(fleets.map(({ client, entries }) => submitAll(client, entries)));
    const seconds = (performance.now() - before.wall) / 1000;
    const cpu = cpuSeconds(pid) - before.cpu;
    await site.stop();
    const total = fleets.reduce((sum, { entries }) => sum + entries.length, 0);
    return {
      registrations: total,
      refused: refused.reduce((a, b) => a + b),
      perSecond: total / seconds,
      perCpuSecond: total / cpu,
    };
  });
}

async function submitAll(client: FacilityClient, entries: Uint8Array[]): Promise<number> {
  let refused = 0;
  for (let from = 0; from < entries.length; from += PER_POST) {
    const answers = await client.submit(entries.slice(from, from + PER_POST));
    refused += answers.filter((answer) => answer.kind !== 'receipt').length;
  }
  return refused;
}

/** Enrols a gateway, opens an epoch, stores one blob, and signs `count` records that name it. */
async function prepare(site: Site, dir: string, count: number) {
  const { code } = await runJson<{ code: string }>([
    'facility',
    'invite',
    '--role',
    'gateway',
    '--data',
    site.facilityDir,
  ]);
  await runJson(['agent', 'init', '--data', dir]);
  await runJson([
    ...['agent', 'enroll', '--data', dir, '--facility', site.facilityUrl, '--code', code, '--owner', site.owner],
  ]);
  const identity = parseIdentity(await readFile(join(dir, 'identity'), 'utf8'));
  const key: SigningKey = signingKeyOf(identity.signingKey);
  const client = new FacilityClient(fetchTransport(site.facilityUrl), identity.origin);
  const auth = { key, now: () => Math.floor(Date.now() / 1000) };
  const signer = addressOf(key.publicKey);
  const owner = parseAddress(site.owner);
  const history = new Frontier();
  for (const { leaf } of await client.signerLeaves(signer, 0)) history.append(leaf);
  const { size, root } = parseCheckpoint(parseNote(await client.checkpoint()).body);
  const head = () => ({
    origin: identity.origin,
    signer,
    seq: history.size,
    history: history.root(),
    seen: { size, root },
  });
  const sign = (entry: Entry) => {
    const bytes = signEntry(entry, key);
    history.append(leafHash(bytes));
    return bytes;
  };

  const secret = randomBytes(32);
  const { recipient } = await generateRecipientKey();
  const envelopes = await sealEnvelopes(secret, [{ address: owner, recipient }]);
  const epoch = epochId(secret);
  await client.putEnvelopes(epoch, encodeEnvelopeSet(envelopes), auth);
  const blob = randomBytes(4096);
  const blobHash: Hash = sha256(blob);
  await client.putBlob(blobHash, blob, auth);

  const body = { owner, epoch, envelopeRoot: envelopes.root, envelopeCount: envelopes.count };
  const entries = [sign({ ...head(), type: 'epoch.open', body })];
  for (let index = 0; index < count; index++) {
    entries.push(
      sign({
        ...{ ...head(), type: 'record.register' },
        body: {
          ...{ owner, recordId: randomBytes(16), version: 1, previous: null, epoch, index },
          ...{ interval: { start: 1_795_000_200, end: 1_795_000_500 }, clock: 'synchronised' },
          ...{
            contentType: 'application/vitalseal-readings',
            blobHash,
            blobSize: blob.length,
            commitment: randomBytes(32),
          },
        },
      }),
    );
  }
  return { client, entries };
}

function fetchTransport(url: string): Transport {
  return async ({ method, path, headers, body }) => {
    const request = { method, ...(headers && { headers }), ...(body && { body: Buffer.from(body) }) };
    const response = await fetch(url + path, request);
    return { status: response.status, body: new Uint8Array(await response.arrayBuffer()) };
  };
}
