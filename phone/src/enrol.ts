/** Enrolment: a slip and a key made here. Needs nothing from the network. */

import { type PublicJwk, type Signer, thumbprint } from "./core/records.ts";
import { type Voucher, verifyVoucher } from "./core/voucher.ts";
import { heldKeyList } from "./keyring.ts";
import type { Device, Store } from "./store.ts";

export const enrol = async (store: Store, voucher: Voucher, nowMs: number): Promise<Device> => {
  const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, [
    "sign",
    "verify",
  ]);
  const jwk = await publicJwk(pair.publicKey);
  const device: Device = {
    kid: await thumbprint(jwk),
    jwk,
    privateKey: pair.privateKey,
    person: voucher.person,
    slip: voucher.slip,
    lastDay: voucher.lastDay,
    voucher: voucher.text,
    enrolledAtMs: nowMs,
    voucherVerified: await checkVoucher(store, voucher),
    confirmed: false,
  };
  await store.enrol(device);
  return device;
};

/** null: no key list at hand, so the office's signature is checked later. */
export const checkVoucher = async (store: Store, voucher: Voucher): Promise<boolean | null> => {
  const keys = await heldKeyList(store);
  return keys && (await verifyVoucher(voucher, keys));
};

export const signerOf = (device: Device): Signer => ({
  kid: device.kid,
  privateKey: device.privateKey,
  introduction: device.confirmed ? null : { jwk: device.jwk, voucher: device.voucher },
});

const publicJwk = async (key: CryptoKey): Promise<PublicJwk> => {
  const { x = "", y = "" } = await crypto.subtle.exportKey("jwk", key);
  return { crv: "P-256", kty: "EC", x, y };
};
