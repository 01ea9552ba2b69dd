/** Ed25519 verification: the browser's own where it has it, a small library where it has not. */

import { type Bytes, Malformed } from "./bytes.ts";

type Verify = (publicKey: Bytes, signature: Bytes, message: Bytes) => Promise<boolean>;

export const PUBLIC_KEY_BYTES = 32;
export const SIGNATURE_BYTES = 64;

export const verifyEd25519: Verify = async (publicKey, signature, message) => {
  if (publicKey.length !== PUBLIC_KEY_BYTES || signature.length !== SIGNATURE_BYTES) return false;
  verifier ??= chooseVerifier();
  return (await verifier)(publicKey, signature, message);
};

/** True where the browser verifies Ed25519 itself; a service worker may not load the library later. */
export const hasNativeEd25519 = async (): Promise<boolean> => {
  try {
    await importKey(new Uint8Array(BASE_POINT));
    return true;
  } catch {
    return false;
  }
};

let verifier: Promise<Verify> | undefined;

// The curve's base point (RFC 8032 section 5.1): a valid public key to ask the browser with.
const BASE_POINT = [0x58, ...new Array<number>(31).fill(0x66)];

const chooseVerifier = async (): Promise<Verify> =>
  (await hasNativeEd25519()) ? verifyNative : verifyWithLibrary;

const importKey = (publicKey: Bytes): Promise<CryptoKey> =>
  crypto.subtle.importKey("raw", publicKey, "Ed25519", false, ["verify"]);

const verifyNative: Verify = async (publicKey, signature, message) => {
  try {
    return await crypto.subtle.verify("Ed25519", await importKey(publicKey), signature, message);
  } catch {
    return false;
  }
};

/** Fetch the library with the page, where this browser will need it. Never raises. */
export const prepareVerifier = async (): Promise<void> => {
  if (!(await hasNativeEd25519())) await loadLibrary().catch(() => undefined);
};

/** True when the library was needed and its file did not come: nothing can be checked in this life of the page. */
export const isVerifierMissing = (): boolean => isMissing;

let isMissing = false;

const loadLibrary = async () => {
  try {
    return await import("@noble/ed25519");
  } catch {
    isMissing = true;
    throw new Malformed("nothing here can check a signature"); // what cannot be checked is not believed
  }
};

export const verifyWithLibrary: Verify = async (publicKey, signature, message) => {
  const library = await loadLibrary();
  try {
    return await library.verifyAsync(signature, message, publicKey, { zip215: false });
  } catch {
    return false;
  }
};
