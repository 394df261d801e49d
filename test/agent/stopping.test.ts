// Ctrl-C while the facility takes connections and answers nothing: the agent asks its questions, and stops all the same.
import { writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { runAgent } from '@vitalseal/agent';
import { expect, test } from 'vitest';
import { ANY_PORT, enrolAndRun, makeEmbeddedSite } from '../site/embedded.ts';
import { inTemporaryFolder } from '../site/folder.ts';

// A request gives up after 30 seconds, so that a stop which waits for one takes longer than this.
test('does not wait for a facility that is silent', { timeout: 20_000 }, async () => {
  await inTemporaryFolder(async (dir) => {
    const site = await makeEmbeddedSite(dir);
    try {
      await (await enrolAndRun(site)).stop();
    } finally {
      await site.stop();
    }
    let asked = 0;
    const silent = createServer((socket) => {
      asked += 1;
      socket.on('error', () => {});
    });
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as AddressInfo;
    writeFileSync(join(site.agentDir, 'agent.toml'), `[facility]\nurl = "http://127.0.0.1:${port}"\n`);
    const agent = await runAgent({ dir: site.agentDir, mqtt: ANY_PORT, log: () => {} });
    await expect.poll(() => asked).toBeGreaterThan(1);
    await agent.stop();
    silent.close();
  });
});
