// The commented configuration that `agent init` writes. A test parses it, with and without its comment signs.

export const SAMPLE_CONFIG = `# Vitalseal agent. What stands in a comment is the default: to change it, uncomment the
# line and the [section] above it.

# [mqtt]
# Where equipment connects. Plain MQTT is allowed on loopback only, unless allow_plain is true.
# listen = "127.0.0.1:1883"
# certificate = "/etc/vitalseal/mqtt.crt"
# private_key = "/etc/vitalseal/mqtt.key"
# allow_plain = false
# max_connections = 256
# max_payload_bytes = 262144
# Messages a second that one device may send; faster ones wait at the broker.
# max_messages_per_second = 20000

# [ble]
# Bluetooth Low Energy wearables, through BlueZ. Without this line it is on exactly while there is a Bluetooth device
# (agent devices add NAME --ble ADDRESS); false never touches the radio.
# enabled = true
# adapter = "hci0"
# Links at the same time: most adapters carry 5 to 8. Further devices take turns.
# max_connections = 5
# The D-Bus that BlueZ is on, if not the system's.
# bus = "unix:path=/run/dbus/system_bus_socket"

# [batch]
# A batch is sealed when its oldest reading is this old, or when it is this large.
# max_age_seconds = 300
# max_readings = 10000
# max_bytes = 262144
# A new key epoch starts this often, and whenever the set of readers changes.
# epoch_hours = 24

# [spool]
# What may wait for the facility. Without it: 1 GiB, or half of the free disk when that is less.
# megabytes = 1024
# quarantine_kilobytes = 1024

# [facility]
# Known from the enrolment; say it here when the address has changed.
# url = "https://facility.example:8443"
# The certificate authority of the facility's TLS certificate, or the pinned key itself.
# ca = "/etc/vitalseal/facility-ca.crt"
# pin = "0000000000000000000000000000000000000000000000000000000000000000"
# Plain HTTP is allowed on loopback only, unless allow_plain is true.
# allow_plain = false

# [log]
# error, warn, info, debug or silent. No log line holds a value, a topic or an owner.
# level = "info"
`;
