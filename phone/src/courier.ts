/** Delivery for a person whose page is not open: on a shared phone everybody's taps go, whoever holds it. */

import { isUnsent } from "./core/outbox.ts";
import { flush, sendAgainWhatEnded, tellOutbox, type World } from "./flush.ts";
import { needsStatement, stateDeliveries } from "./witness.ts";

/** Once in each life of a page or worker: forget what is over, wake what waits, look for journals that ended. */
export const openOutbox = async (world: World): Promise<void> => {
  await tellOutbox(world, { type: "swept" });
  await tellOutbox(world, { type: "opened" });
  await sendAgainWhatEnded(world);
};

/** Send what is due, state what was delivered. Returns true while something of this person is unsent. */
export const deliverFor = async (world: World, originMs: number): Promise<boolean> => {
  await flush(world);
  await sendAgainWhatEnded(world);
  const device = await world.store.kept("device");
  const punches = await world.store.punches();
  const hasUnstated = punches.some((punch) => needsStatement(punch, originMs));
  if (device && hasUnstated) await stateDeliveries(world, device);
  return punches.some(({ entry }) => isUnsent(entry));
};
