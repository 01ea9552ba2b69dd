"""Records that only tests make: what a phone says of somebody else's punch, and what a kiosk records."""

from rehearsal.phones import EPOCH_MS, Phone, record_hash, uuid7


def user_verification(phone: Phone, punch: str) -> str:
    """A WebAuthn assertion's place; what is in it here verifies nothing."""
    proof = {"credential": "AA", "authenticator_data": "AA", "client_data": "AA", "signature": "AA"}
    members = {**_about(phone, punch), "person": phone.person, **proof}
    return phone.sign(members, typ="hadir-user-verification+jws")


def countersignature(phone: Phone, punch: str) -> str:
    """The phone's owner saw the punch of another."""
    clocks = {"wall_ms": EPOCH_MS, "mono_ms": 9_000, "origin_ms": EPOCH_MS - 5_000, "signed_time": None}
    members = {**_about(phone, punch), "by": "colleague", "witness": phone.person, **clocks}
    return phone.sign(members, typ="hadir-countersignature+jws")


def kiosk_punch(kiosk: Phone, *, person: int) -> str:
    """A device as a kiosk: somebody's card was read."""
    members = {**kiosk.payload("in"), "person": person, "kiosk": kiosk.person, "identified_by": "card"}
    record = kiosk.sign(members, typ="hadir-kiosk-punch+jws")
    kiosk.prev = record_hash(record)
    return record


def _about(phone: Phone, punch: str) -> dict[str, object]:
    phone.ids += 1
    return {"v": 1, "id": uuid7(EPOCH_MS, phone.person << 32 | phone.ids), "punch": record_hash(punch)}
