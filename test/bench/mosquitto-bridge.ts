// The peer: a mosquitto broker that bridges to a second one, under the same publisher, in the same run. It neither encrypts nor
// proves; it is what a gateway without Vitalseal would run.

import { type ChildProcess, spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import { inTemporaryFolder } from '../site/folder.ts';
import { freePort } from '../site/ports.ts';
import { listens } from '../site/site.ts';
import { toolPath } from '../site/tool.ts';
import { until } from '../site/until.ts';
import { publishLoad } from './load.ts';
import { cpuSeconds, memory } from './process-figures.ts';

async function startMosquitto(dir: string, name: string, port: number, more: string): Promise<ChildProcess> {
  const file = join(dir, `${name}.conf`);
  const limits = 'max_queued_messages 0\nmax_inflight_messages 0\npersistence false\nlog_type none\n';
  await writeFile(file, `listener ${port} 127.0.0.1\nallow_anonymous true\n${limits}${more}`);
  const child = spawn('mosquitto', ['-c', file], { stdio: 'ignore', env: { ...process.env, PATH: toolPath() } });
  await until(`mosquitto ${name}`, () => listens(port));
  return child;
}

/** Publishes to the bridging broker and waits until the far broker's subscriber has everything. */
export function measureMosquittoBridge(load: { messages: number; perMessage: number; perSecond: number }) {
  return inTemporaryFolder(async (dir) => {
    const [nearPort, farPort] = [await freePort(), await freePort()];
    const far = await startMosquitto(dir, 'far', farPort, '');
    const bridge = `connection bench\naddress 127.0.0.1:${farPort}\ntopic # out 1\ncleansession false\n`;
    const near = await startMosquitto(dir, 'near', nearPort, bridge);
    const pid = near.pid ?? 0;
    const subscriber = await connectAsync(`mqtt://127.0.0.1:${farPort}`);
    let arrived = 0;
    subscriber.on('message', () => arrived++);
    await subscriber.subscribeAsync('vitalseal/#', { qos: 0 });
    try {
      const before = { cpu: cpuSeconds(pid), wall: performance.now() };
      const topics = { json: 'vitalseal/bench/json', senml: '', 'senml-cbor': '' };
      await publishLoad(nearPort, { device: 'bench', username: 'bench', password: '', topics }, load);
      await until('the far broker to have all', () => arrived >= load.messages, 60);
      const readings = load.messages * load.perMessage;
      const cpu = cpuSeconds(pid) - before.cpu;
      return {
        readings,
        perMessage: load.perMessage,
        wallReadingsPerSecond: readings / ((performance.now() - before.wall) / 1000),
        readingsPerSecondPerCore: readings / cpu,
        cpuMicrosecondsPerReading: (cpu / readings) * 1e6,
        rssMb: memory(pid).rss,
      };
    } finally {
      await subscriber.endAsync(true);
      near.kill();
      far.kill();
    }
  });
}
