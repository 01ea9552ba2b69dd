/** The installed shell: registered here, replaced only at a cold start or while hidden, and only when nothing is unsent. */

export const APPLY_MESSAGE = "apply";

export const installShell = async (isIdle: () => boolean): Promise<void> => {
  if (!("serviceWorker" in navigator)) return;
  try {
    const registration = await navigator.serviceWorker.register("/sw.js", { updateViaCache: "none" });
    applyWhenCalm(registration, isIdle);
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) applyWhenCalm(registration, isIdle);
    });
  } catch {
    // private mode, or the server is away on the very first visit: the page works without it
  }
};

// The page in front of the person keeps its own code; the new shell serves the next opening.
const applyWhenCalm = (registration: ServiceWorkerRegistration, isIdle: () => boolean): void => {
  if (isIdle()) registration.waiting?.postMessage(APPLY_MESSAGE);
};
