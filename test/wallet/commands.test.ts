// The person's commands as typed, in this process, against a real facility: what they print, and how they end.
import { copyFile, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exportFacility, type Facility, initFacility, runFacility } from '@vitalseal/facility';
import { type CborValue, CONTEXT, parseAddress } from '@vitalseal/ledger';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recordingIo } from '../../cli/io.ts';
import { main } from '../../cli/main.ts';
import { httpTransport } from '../../wallet/facility.http.ts';
import { makeTemporaryFolder, type TemporaryFolder } from '../site/folder.ts';
import { freePort } from '../site/ports.ts';
import { reading, SmallGateway } from './gateway.testing.ts';

let folder: TemporaryFolder;
let facility: Facility;
let identity: string;
let recordId: Uint8Array;

async function vitalseal(...argv: string[]) {
  const recorded = recordingIo();
  const exit = await main(argv, recorded.io);
  return { exit, stdout: recorded.stdout(), stderr: recorded.stderr(), json: () => recorded.lastJson() as never };
}

const who = () => ['--identity', identity, '--facility', facility.url];

beforeAll(async () => {
  folder = await makeTemporaryFolder();
  const dir = join(folder.dir, 'facility');
  await initFacility({ dir });
  facility = await runFacility({ dir, listen: { host: '127.0.0.1', port: await freePort() } });
}, 30_000);

afterAll(async () => {
  await facility?.stop();
  await folder?.remove();
});

describe('vitalseal', () => {
  it('wallet init prints address, identity and what to do with the recovery key', async () => {
    const place = ['--facility', facility.url, '--data', join(folder.dir, 'wallet')];
    const made = await vitalseal('wallet', 'init', ...place, '--code', facility.invite({ role: 'patient' }), '--json');
    expect(made.exit).toBe(0);
    const { address, identity: path } = made.json() as { address: string; identity: string };
    identity = path;
    const text = await vitalseal(
      'wallet',
      'init',
      ...place.with(-1, join(folder.dir, 'w2')),
      '--code',
      facility.invite({ role: 'patient' }),
    );
    expect(text.stdout).toMatch(/^address {3}vs1\S+\nidentity {2}\S+identity\nPrint \S+recovery, keep it in a drawer/);
    const again = await vitalseal('wallet', 'init', ...place, '--code', facility.invite({ role: 'patient' }));
    expect([again.exit, again.stderr]).toEqual([2, expect.stringMatching(/^vitalseal: folder_exists: /)]);

    const owner = parseAddress(address);
    const gateway = new SmallGateway(httpTransport(facility.url), facility.origin);
    await gateway.enrol(facility.invite({ role: 'gateway' }), owner);
    await gateway.openEpoch(owner);
    ({ recordId } = await gateway.register(owner, [reading(1250, -2), reading(3, 0)]));
    const context = new Map<number, CborValue>([
      [CONTEXT.alarm, 'a "b",\u001b[2J'],
      [CONTEXT.advertised, true],
      [99, [1]],
    ]);
    await gateway.register(owner, [{ ...reading(4, 0), context }]);
  });

  it('read prints a table, CSV, or one JSON object', async () => {
    const table = await vitalseal('read', '--all', ...who());
    expect(table.exit).toBe(0);
    const lines = table.stdout.split('\n');
    expect(lines[0]).toMatch(/^device +code +unit +value +note +device_time +gateway_time +record$/);
    const at = lines[0]?.indexOf('note') ?? 0;
    expect(lines.slice(1, 4).map((line) => line.slice(at, at + 4).trimEnd())).toEqual(['', '', '1']);
    expect(lines.slice(4)).toEqual(['', '1  advertised, which anybody can imitate; alarm (a "b",\ufffd[2J)', '']);
    const json = await vitalseal('read', '--all', ...who(), '--json');
    const { readings, records, unread } = json.json() as Record<string, { value: string; context?: object }[]>;
    expect(readings?.map(({ value }) => value)).toEqual(['12.50', '3', '4']);
    const context = { alarm: 'a "b",\u001b[2J', advertised: true, 99: [1] };
    expect(readings?.map((row) => row.context)).toEqual([undefined, undefined, context]);
    expect([records?.length, unread]).toEqual([2, []]);
    const csv = await vitalseal('read', '--all', ...who(), '--csv');
    expect(csv.stdout.split('\n')).toHaveLength(1 + 3 + 1);
    expect(csv.stdout).toContain(String.raw`,"{""99"":[1],""alarm"":""a \""b\"",\u001b[2J"",""advertised"":true}"`);
  });

  it('read prints a table without notes where there are none', async () => {
    const { stdout } = await vitalseal('read', Buffer.from(recordId).toString('hex'), ...who());
    expect(stdout.split('\n')[0]).toMatch(/^device +code +unit +value +device_time +gateway_time +record$/);
    expect(stdout.split('\n')).toHaveLength(1 + 2 + 1);
  });

  it('read refuses what makes no sense', async () => {
    expect((await vitalseal('read', ...who())).exit).toBe(2);
    expect((await vitalseal('read', 'abcd', '--all', ...who())).exit).toBe(2);
    expect((await vitalseal('read', '--all', ...who(), '--csv', '--json')).exit).toBe(2);
    const unfit = [
      ['/nowhere', 'there is no file /nowhere'],
      [folder.dir, `${folder.dir} is a folder, not a file`],
      ['LICENSE', 'LICENSE is not an identity file: line 1: '],
    ] as const;
    for (const [path, words] of unfit) {
      const refused = await vitalseal('read', '--all', '--identity', path, '--facility', facility.url);
      expect([refused.exit, refused.stderr]).toEqual([2, expect.stringContaining(words)]);
    }
    const nobody = await vitalseal('read', '--all', '--identity', identity, '--facility', 'http://127.0.0.1:1');
    expect([nobody.exit, nobody.stderr]).toEqual([
      75,
      expect.stringMatching(
        /facility_unreachable: the facility at 127\.0\.0\.1:\d+ cannot be reached: nobody listens there/,
      ),
    ]);
  });

  it('verify says what is proven, or what fails, with exit code 0 or 1', async () => {
    const out = join(folder.dir, 'out');
    expect((await vitalseal('read', '--all', ...who(), '--out', out)).exit).toBe(0);
    const proof = join(out, `${Buffer.from(recordId).toString('hex')}.tlog-proof`);
    const policy = join(out, 'policy');
    const good = await vitalseal('verify', proof, '--policy', policy);
    expect([good.exit, good.stderr]).toEqual([0, '']);
    expect(good.stdout).toMatch(/^Proven: vs1\S+ registered record .* one facility alone \(facility\)\.\n$/);
    const json = (await vitalseal('verify', proof, '--policy', policy, '--json')).json() as Record<string, unknown>;
    expect(json).toMatchObject({ alone: true, record: { id: Buffer.from(recordId).toString('hex'), version: 1 } });

    const copy = join(folder.dir, 'copy.proof');
    await copyFile(proof, copy);
    const fails = async (...argv: string[]) => {
      const { exit, stdout, stderr } = await vitalseal('verify', ...argv);
      expect([exit, stdout]).toEqual([1, '']);
      expect(stderr.trimEnd().split('\n')).toHaveLength(1);
      return stderr;
    };
    expect(await fails(copy, '--policy', policy)).toContain(
      `there is no file ${join(folder.dir, 'copy.entry')}, which should be the entry`,
    );
    const entry = await readFile(proof.replace('.tlog-proof', '.entry'));
    await writeFile(join(folder.dir, 'copy.entry'), entry.with(-1, (entry.at(-1) as number) ^ 1));
    expect(await fails(copy, '--policy', policy)).toContain('signature_invalid');
    await writeFile(join(folder.dir, 'copy.entry'), entry);
    expect((await vitalseal('verify', copy, '--policy', policy)).exit).toBe(0);
    await writeFile(join(folder.dir, 'copy.own'), 'nonsense');
    expect(await fails(copy, '--policy', policy)).toContain('proof_invalid');
    await rm(join(folder.dir, 'copy.own'));
    expect(await fails(copy, '--policy', copy)).toContain(`not proven: ${copy} is not a policy: line 1: `);
    expect(await fails(join(folder.dir, 'copy.entry'), '--policy', policy)).toContain(
      'name the proof (copy.tlog-proof)',
    );
    expect(await fails(copy, '--policy', '/nowhere')).toContain(
      'there is no file /nowhere, which should be the policy',
    );
    expect(await fails(policy, '--policy', policy)).toContain('proof_invalid');
    expect(await fails(folder.dir, '--policy', policy)).toContain(`${folder.dir} is not a file`);
    await writeFile(copy, Uint8Array.of(0xff, 0xfe));
    expect(await fails(copy, '--policy', policy)).toContain('text_invalid');
  });

  it('verify takes what the facility exports too, and proves its lower bound', async () => {
    const out = join(folder.dir, 'export');
    await facility.stop();
    await exportFacility({ dir: join(folder.dir, 'facility') }, out, [0, 3]);
    for (const name of ['0', '3']) {
      const verified = await vitalseal('verify', join(out, `${name}.tlog-proof`), '--policy', join(out, 'policy'));
      expect([verified.exit, verified.stderr]).toEqual([0, '']);
    }
    facility = await runFacility({
      dir: join(folder.dir, 'facility'),
      listen: { host: '127.0.0.1', port: Number(new URL(facility.url).port) },
    });
  });

  it('read says when a blob was damaged, prints the rest, and ends with 1', async () => {
    const blobs = join(folder.dir, 'facility', 'blobs');
    const [file] = (await readdir(blobs, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
    const path = join(file?.parentPath ?? '', file?.name ?? '');
    const bytes = await readFile(path);
    await writeFile(path, bytes.with(50, (bytes[50] as number) ^ 1));
    const { exit, stderr, json } = await vitalseal('read', '--all', ...who(), '--json');
    expect(exit).toBe(1);
    expect(stderr).toContain('vitalseal: blob_damaged: record ');
    expect(json()).toMatchObject({ records: [{}], unread: [{ code: 'blob_damaged' }] });
  });
});
