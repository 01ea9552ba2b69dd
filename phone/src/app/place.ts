/**
 * Where this page stands: whether what is enrolled here will still be here tomorrow. A browser inside another app keeps
 * its storage apart and loses it with that app; an iPhone's browser clears what was not opened for a week, and hands
 * nothing on to the app on the home screen. Known by name only: whoever hides it is not led anywhere.
 */

export type Place =
  | { readonly kind: "lasting" }
  /** `app`: as its owner calls it, where that is known. */
  | { readonly kind: "in_app"; readonly app: string | null; readonly browser: "Chrome" | "Safari" }
  | { readonly kind: "ios_tab" };

const APPS: readonly (readonly [RegExp, string | null])[] = [
  [/WhatsApp/i, "WhatsApp"],
  [/Instagram/i, "Instagram"],
  [/\bFB(AN|AV|_IAB|IOS)\b|Messenger/i, "Facebook"],
  [/\bLine\//i, "LINE"],
  [/musical_ly|Bytedance|TikTok|trill_/i, "TikTok"],
  [/Telegram/i, "Telegram"],
  [/Twitter/i, "X"],
  [/\bGSA\//, "Google"],
  [/Android.*\bwv\b/, null],
  [/\((iPhone|iPad|iPod)(?!.*Safari\/)/, null],
];
const OTHER_ON_IOS: readonly (readonly [RegExp, string])[] = [
  [/\bCriOS\//, "Chrome"],
  [/\bFxiOS\//, "Firefox"],
  [/\bEdgiOS\//, "Edge"],
];

export interface Browser {
  readonly userAgent: string;
  /** An iPad calls itself a Mac; a Mac has no touch screen. */
  readonly touchPoints: number;
  /** Opened from the home screen. */
  readonly isStandalone: boolean;
}

export const placeOf = ({ userAgent, touchPoints, isStandalone }: Browser): Place => {
  const isIos = /\b(iPhone|iPad|iPod)\b/.test(userAgent) || (/Macintosh/.test(userAgent) && touchPoints > 1);
  if (isStandalone) return { kind: "lasting" };
  const named = [...APPS, ...(isIos ? OTHER_ON_IOS : [])].find(([mark]) => mark.test(userAgent));
  if (named) return { kind: "in_app", app: named[1], browser: isIos ? "Safari" : "Chrome" };
  return { kind: isIos ? "ios_tab" : "lasting" };
};

export const placeHere = (): Place =>
  placeOf({
    userAgent: navigator.userAgent,
    touchPoints: navigator.maxTouchPoints ?? 0,
    isStandalone:
      (navigator as { standalone?: boolean }).standalone === true ||
      matchMedia("(display-mode: standalone)").matches,
  });
