// The Bluetooth side of the gateway against a real bluetoothd over a virtual radio, in a virtual machine: build-image.sh
// makes the machine once, init.sh starts it, guest/main.ts is what runs in it, on the sources and node_modules of this very tree.

import { SCENARIOS } from './scenarios.ts';
import { testInGuest } from './suite.ts';

await testInGuest('test/radio-vm/guest/main.ts', SCENARIOS);
