// Pairing of the real agent with a real bluetoothd, in the virtual machine of test/radio-vm. Here and not in `npm test`: one
// bluetoothd 5.66 stands for both sides, and crashes at times when it pairs with itself.

import { AGENT_SCENARIOS } from '../radio-vm/scenarios.ts';
import { testInGuest } from '../radio-vm/suite.ts';

await testInGuest('test/radio-vm/guest/paired-agent.ts', AGENT_SCENARIOS);
