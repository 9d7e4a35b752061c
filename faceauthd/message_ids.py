"""The `MESSAGE_ID` of each event: `journalctl MESSAGE_ID=...` finds them, and the catalog explains them.

Drawn at random once (`systemd-id128 new`), and as stable as the names they belong to. `systemd/faceauthd.catalog` has
an entry for each, and a test holds the two together.
"""

from __future__ import annotations

from faceauthd.types import EventKind

MESSAGE_IDS: dict[EventKind, str] = {
    EventKind.STARTED: "6b2dd058a9c44ea9a44e9a2b6429d000",
    EventKind.STOPPED: "af34397bdb1f4026aa083b6667bad72c",
    EventKind.APPROACHED: "9d1d581543cc4338b88f72ba35d7fb8b",
    EventKind.LEFT: "189c35e251514c68aecca1453d5c5ccb",
    EventKind.UNLOCKED: "494ef83d67f34fb780d1fd68580f4670",
    EventKind.LOCKED: "d32b8357f7f34de8b4adbd5d18a6301f",
    EventKind.REFUSED: "c4dfbebf08cd411486e364b76fd11635",
    EventKind.LOCKOUT_BEGAN: "3f2a3c7bf7904ace8e1751014f5508be",
    EventKind.LOCKOUT_ENDED: "922e272576a24257b8a58ee68e2c9db2",
    EventKind.VOUCH_ASKED: "e9ac990270a8476e8a87a495ed012608",
    EventKind.VOUCHED: "90881cd4a926453e80e03e0d8d1cfb2e",
    EventKind.ENROLL_BEGAN: "0374eebf496747f79fbf9b2b8f758b98",
    EventKind.ENROLL_STEP: "1de42cf7fcd14e968010e1a0fa2ed9e0",
    EventKind.ENROLLED: "22bbd63d3c594623b16aff75d4c26d3c",
    EventKind.ENROLL_CANCELLED: "d3f10ce4cec74f328e9dab1e171ed327",
    EventKind.RENAMED: "d4b11254d2eb48ebaf4cd4676b6ebb84",
    EventKind.REMOVED: "d8b269f3987e4f168b9b9ca8adf4dca1",
    EventKind.FAULT: "d0af06b3b9c54fc3b909a316794c3a6a",
    EventKind.RECOVERED: "f267df726d014fd2a607fb904e232b9f",
    EventKind.GALLERY_REPAIRED: "d134f7357b724ea2a98f9c1cfba6f443",
    EventKind.EXIT: "4e0e84c217984249b414dbf40cc3d712",
    EventKind.DOOR_HELD: "33dded60b55a498a8a427a82cc094d31",
    EventKind.DOOR_FORCED: "4f469f345198437cbaebd0430070c70c",
    EventKind.DOOR_SHUT: "bed89f15558945c1bc113a7a09d67ed7",
    EventKind.VERIFIED: "08b495440a844941b96767ca97bf11f1",
    EventKind.VERIFY_FAILED: "7495e6d48dbe43148ffaf75ac2a73363",
    EventKind.CHALLENGED: "aa959361a151497f9ae3bd18c0093cfb",
    EventKind.SECOND_ASKED: "e179f934d8634c0ea211cac3d27c3289",
    EventKind.SPOOF_ALARM: "ff792eeb8027489d8037c64b86475593",
    EventKind.IMPROVED: "3d5d5f51a98d4cbf9a58937cfdaf9f01",
    EventKind.ADAPTED: "866f2165593b437382881dee56edef6a",
    EventKind.IMPROVE_UNDONE: "a2c77077f802447da6055228b2fddf3a",
    EventKind.ROLE_CHANGED: "adcbd814af064ce59404d1b8c06a7098",
    EventKind.RULES_CHANGED: "0c626fdf1e5f42f2945096017167035f",
    EventKind.DISABLED: "beeb8dc5af8442a7b55a07d34509c68f",
    EventKind.ENABLED: "f3c044446c784fa8b1531f0acade3154",
    EventKind.SNAPSHOT: "649a405fc3c14f60bb5690bac4a0d929",
    EventKind.EXPORTED: "4d55de7c4c39411ea4f1f95ae7d99ded",
    EventKind.IMPORTED: "4d11346435dd48b9976d459e7e995ea9",
    EventKind.BACKED_UP: "319c45755571422f9374b61dab6ea20a",
}
