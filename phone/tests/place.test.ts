/** Browsers as they name themselves: where what is enrolled would last, and where it would not. */

import { expect, test } from "vitest";
import { type Browser, placeOf } from "../src/app/place.ts";

const ANDROID = "Mozilla/5.0 (Linux; Android 13; SM-A135F) AppleWebKit/537.36 (KHTML, like Gecko)";
const WEBVIEW =
  "Mozilla/5.0 (Linux; Android 13; SM-A135F; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0";
const IPHONE =
  "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)";
const MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)";
const CHROME = "Chrome/126.0.0.0 Mobile Safari/537.36";
const SAFARI = "Version/17.5 Mobile/15E148 Safari/604.1";

const place = (userAgent: string, more: Partial<Browser> = {}) =>
  placeOf({ userAgent, touchPoints: 5, isStandalone: false, ...more });

test.each([
  [`${ANDROID} ${CHROME}`],
  [`${ANDROID} SamsungBrowser/25.0 ${CHROME}`],
  ["Mozilla/5.0 (Android 14; Mobile; rv:127.0) Gecko/127.0 Firefox/127.0"],
  ["Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"],
])("a browser of its own lasts: %s", (userAgent) => {
  expect(place(userAgent)).toEqual({ kind: "lasting" });
});

test("an iPhone's browser is led to the home screen, and the app there is left alone", () => {
  expect(place(`${IPHONE} ${SAFARI}`)).toEqual({ kind: "ios_tab" });
  expect(place(`${IPHONE} ${SAFARI}`, { isStandalone: true })).toEqual({ kind: "lasting" });
  expect(place(`${IPHONE} Mobile/15E148`, { isStandalone: true })).toEqual({ kind: "lasting" });
  expect(place(`${MAC} Version/17.5 Safari/605.1.15`)).toEqual({ kind: "ios_tab" });
  expect(place(`${MAC} Version/17.5 Safari/605.1.15`, { touchPoints: 0 })).toEqual({ kind: "lasting" });
});

test.each([
  [`${WEBVIEW} Chrome/126.0.0.0 Mobile Safari/537.36 WhatsApp/2.24.13.77`, "WhatsApp", "Chrome"],
  [`${WEBVIEW} ${CHROME} Instagram 337.0.0.35.102 Android`, "Instagram", "Chrome"],
  [`${WEBVIEW} ${CHROME} [FB_IAB/FB4A;FBAV/470.0.0.41.82;]`, "Facebook", "Chrome"],
  [`${WEBVIEW} ${CHROME} Line/14.9.1/IAB`, "LINE", "Chrome"],
  [`${WEBVIEW} ${CHROME} trill_350102 BytedanceWebview/d8a21c6`, "TikTok", "Chrome"],
  [`${WEBVIEW} ${CHROME}`, null, "Chrome"],
  [`${IPHONE} Mobile/15E148 Instagram 337.0.2.24 (iPhone12,1; iOS 17_5)`, "Instagram", "Safari"],
  [`${IPHONE} Mobile/15E148 [FBAN/FBIOS;FBAV/468.0.0.35.76]`, "Facebook", "Safari"],
  [`${IPHONE} Mobile/15E148`, null, "Safari"],
  [`${IPHONE} CriOS/126.0.6478.54 Mobile/15E148 Safari/604.1`, "Chrome", "Safari"],
])("what another app opened is named: %s", (userAgent, app, browser) => {
  expect(place(userAgent)).toEqual({ kind: "in_app", app, browser });
});
