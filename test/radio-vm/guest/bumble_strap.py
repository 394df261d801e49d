# A wearable that is not BlueZ: Bumble, another implementation of Bluetooth, on a controller of its own. A heart rate strap with a
# display and two buttons; its values are for authenticated links only, so it is paired by numeric comparison (Core, Vol 3, Part H,
# 2.3.5.6). It starts switched off.
#   bumble_strap.py SOCKET ADDRESS      SOCKET: where btvirt serves controllers (H4); ADDRESS: static random
# Reads lines: `on`; `drop` (the link); `reset` (it forgets its bonds); `yes`, `no` (the button pressed, after `shown`). Prints what
# happened, one JSON object a line: {"event": "shown", "passkey": "004711"} and the like.
import asyncio
import json
import sys

from bumble import att, gatt
from bumble.core import UUID, AdvertisingData
from bumble.device import Device, DeviceConfiguration
from bumble.hci import Address
from bumble.keys import MemoryKeyStore
from bumble.pairing import PairingConfig, PairingDelegate
from bumble.transport.unix import open_unix_client_transport

PER_SECOND = 20
# btvirt hands an advertisement on once for each start of advertising.
READVERTISE_S = 0.25
HEART_RATE = UUID.from_16_bits(0x180D, 'Heart Rate')
MEASUREMENT = UUID.from_16_bits(0x2A37, 'Heart Rate Measurement')
LOCATION = UUID.from_16_bits(0x2A38, 'Body Sensor Location')
Allow = att.Attribute.Permissions


def say(event, **details):
    print(json.dumps({'event': event, **details}), flush=True)


class Wearer(PairingDelegate):
    """Looks at the display and presses a button."""

    def __init__(self):
        super().__init__(io_capability=PairingDelegate.DISPLAY_OUTPUT_AND_YES_NO_INPUT)
        self.button = None

    async def compare_numbers(self, number, digits):
        self.button = asyncio.get_running_loop().create_future()
        say('shown', passkey=f'{number:0{digits}}')
        return await self.button == 'yes'

    def press(self, button):
        if self.button is not None and not self.button.done():
            self.button.set_result(button)


class Strap:
    def __init__(self, transport, address):
        advertised = [
            (AdvertisingData.FLAGS, b'\x06'),
            (AdvertisingData.COMPLETE_LIST_OF_16_BIT_SERVICE_CLASS_UUIDS, HEART_RATE.to_bytes()),
            (AdvertisingData.COMPLETE_LOCAL_NAME, b'Private'),
        ]
        config = DeviceConfiguration(
            name='Private', address=Address(address), advertising_data=bytes(AdvertisingData(advertised))
        )
        self.device = Device.from_config_with_hci(config, transport.source, transport.sink)
        self.device.keystore = MemoryKeyStore()
        self.wearer = Wearer()
        self.device.pairing_config_factory = lambda _: PairingConfig(mitm=True, delegate=self.wearer)
        self.device.on('connection', self.connected)
        self.measurement = self.serve()
        self.is_on = asyncio.Event()
        self.link = None
        self.sent = 0

    def serve(self):
        server = self.device.gatt_server
        subscription = att.AttributeValueV2(
            lambda link: server.read_cccd(link, measurement),
            lambda link, value: server.write_cccd(link, measurement, value),
        )
        allowed = Allow.READABLE | Allow.WRITEABLE | Allow.WRITE_REQUIRES_AUTHENTICATION
        kind = gatt.GATT_CLIENT_CHARACTERISTIC_CONFIGURATION_DESCRIPTOR
        descriptors = [gatt.Descriptor(kind, allowed, subscription)]
        notify = gatt.Characteristic.Properties.NOTIFY
        measurement = gatt.Characteristic(MEASUREMENT, notify, 0, b'', descriptors)
        chest = gatt.Characteristic(LOCATION, gatt.Characteristic.Properties.READ, Allow.READABLE, b'\x01')
        self.device.add_service(gatt.Service(HEART_RATE, [measurement, chest]))
        return measurement

    def connected(self, link):
        self.link = link
        say('connected')
        link.on('pairing', lambda keys: say('paired', authenticated=bool(keys.ltk and keys.ltk.authenticated)))
        link.on('pairing_failure', lambda reason: say('pairing_failed', reason=int(reason)))
        link.on('connection_encryption_change', lambda: say('encrypted', on=bool(link.encryption)))
        link.on('disconnection', self.disconnected)

    def disconnected(self, _reason):
        self.link = None
        say('disconnected', sent=self.sent)

    async def measure(self):
        while True:
            await asyncio.sleep(1 / PER_SECOND)
            link = self.link
            subscribed = link and self.device.gatt_server.read_cccd(link, self.measurement) == b'\x01\x00'
            if subscribed and link.encryption:
                # No flags: 8 bits, beats a minute.
                await self.device.notify_subscriber(link, self.measurement, bytes([0, 60 + self.sent % 100]))
                self.sent += 1

    async def advertise(self):
        await self.is_on.wait()
        while True:
            if self.link is None:
                await self.device.start_advertising()
            await asyncio.sleep(READVERTISE_S)
            if self.link is None:
                await self.device.stop_advertising()

    async def drop(self):
        if self.link is not None:
            await self.link.disconnect()

    async def obey(self, line):
        if line in ('yes', 'no'):
            self.wearer.press(line)
        elif line == 'drop':
            await self.drop()
        elif line == 'reset':
            self.device.keystore = MemoryKeyStore()
            await self.drop()
        elif line == 'on':
            self.is_on.set()


async def main(socket, address):
    strap = Strap(await open_unix_client_transport(socket), address)
    await strap.device.power_on()
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    # One that fails ends the strap, with its reason.
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(strap.measure()), tasks.create_task(strap.advertise())]
        say('ready')
        while line := await lines.readline():
            await strap.obey(line.decode().strip())
        for task in running:
            task.cancel()


asyncio.run(main(*sys.argv[1:]))
