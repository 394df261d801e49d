# A wearable that is not BlueZ: Bumble, another implementation of Bluetooth, on a controller of its own. A heart rate strap, which
# starts switched off. Its values count up from 0 over all its links, so that each says which it is.
#   bumble_strap.py SOCKET ADDRESS PAIRING
# SOCKET: where btvirt serves controllers (H4). ADDRESS: static random. PAIRING (Core, Vol 3, Part H, 2.3.5.1):
#   numeric-comparison    it has a display and two buttons, and values for authenticated links only
#   just-works            it has neither, and values for encrypted links
# Reads lines: `on`; `drop` (the link); `reset` (it forgets its bonds); `yes`, `no` (the button pressed, after `shown`). Prints what
# happened, one JSON object a line: {"event": "shown", "passkey": "004711"} and the like.
import asyncio
import contextlib
import json
import sys

from bumble import att, gatt
from bumble.core import UUID, AdvertisingData
from bumble.device import Device, DeviceConfiguration
from bumble.hci import Address, HCI_Error, HCI_ErrorCode, HCI_LE_Set_Advertising_Enable_Command
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
# What the strap has, whether it wants to be protected against a man in the middle, and what it wants before it sends values.
PAIRINGS = {
    'numeric-comparison': (PairingDelegate.DISPLAY_OUTPUT_AND_YES_NO_INPUT, True, Allow.WRITE_REQUIRES_AUTHENTICATION),
    'just-works': (PairingDelegate.NO_OUTPUT_NO_INPUT, False, Allow.WRITE_REQUIRES_ENCRYPTION),
}


def say(event, **details):
    print(json.dumps({'event': event, **details}), flush=True)


@contextlib.contextmanager
def overtaken():
    """btvirt refuses to switch advertising to what it is already. So it is after a connection that is still to be heard of."""
    try:
        yield
    except HCI_Error as error:
        if error.error_code != HCI_ErrorCode.COMMAND_DISALLOWED_ERROR:
            raise


class Wearer(PairingDelegate):
    """Looks at the display, where there is one, and presses a button."""

    def __init__(self, io_capability):
        super().__init__(io_capability=io_capability)
        self.button = None

    async def compare_numbers(self, number, digits):
        self.button = asyncio.get_running_loop().create_future()
        say('shown', passkey=f'{number:0{digits}}')
        return await self.button == 'yes'

    def press(self, button):
        if self.button is not None and not self.button.done():
            self.button.set_result(button)


class Strap:
    def __init__(self, transport, address, pairing):
        io_capability, mitm, needs = PAIRINGS[pairing]
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
        self.wearer = Wearer(io_capability)
        self.device.pairing_config_factory = lambda _: PairingConfig(mitm=mitm, delegate=self.wearer)
        self.device.on('connection', self.connected)
        self.measurement = self.serve(needs)
        self.is_on = asyncio.Event()
        self.link = None
        self.sent = 0

    def serve(self, needs):
        server = self.device.gatt_server
        subscription = att.AttributeValueV2(
            lambda link: server.read_cccd(link, measurement),
            lambda link, value: server.write_cccd(link, measurement, value),
        )
        allowed = Allow.READABLE | Allow.WRITEABLE | needs
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
                # One flag: 16 bits, beats a minute.
                value = b'\x01' + self.sent.to_bytes(2, 'little')
                self.sent += 1
                await self.device.notify_subscriber(link, self.measurement, value)

    async def advertise(self):
        await self.is_on.wait()
        await self.device.start_advertising()
        while True:
            await asyncio.sleep(READVERTISE_S)
            if self.link is None:
                await self.enable(0)
            if self.link is None:
                await self.enable(1)

    async def enable(self, on):
        """Whatever Bumble believes: a central that was faster has switched it off, and one that failed leaves it so."""
        with overtaken():
            await self.device.send_sync_command(HCI_LE_Set_Advertising_Enable_Command(advertising_enable=on))

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


async def main(socket, address, pairing):
    strap = Strap(await open_unix_client_transport(socket), address, pairing)
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
    say('ended', sent=strap.sent)


asyncio.run(main(*sys.argv[1:]))
