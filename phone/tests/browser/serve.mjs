// @ts-check
/** The fake gate behind a port, with the built shell and the server's strict CSP. `node serve.mjs PORT SITE` */
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { FakeGate } from "../gate.mjs";

const DIST = process.env.DIST ?? join(import.meta.dirname, "../../dist");
const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
  "manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
/** @type {Record<string, string>} */
const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".webmanifest": "application/manifest+json",
};

const [port = "8080", site = "presensi.example.go.id"] = process.argv.slice(2);
let offsetMs = 0;
const gate = new FakeGate({ site, now: () => Date.now() + offsetMs });

/** What stands between the phone and us: a portal's page for everything, or half of every body. @type {string} */
let between = "";
const PORTAL = "<!doctype html><title>WiFi</title><p>Silakan masuk ke jaringan ini";

/**
 * Tests reach into the gate: `{"offset_ms", "refusal", "confirmed", "flags", "today", "between"}` in, what it holds out.
 * @param {string} body
 */
const control = (body) => {
  const wish = JSON.parse(body || "{}");
  if ("offset_ms" in wish) offsetMs = wish.offset_ms;
  if ("refusal" in wish) gate.refusal = wish.refusal;
  if ("confirmed" in wish) gate.confirmed = wish.confirmed;
  if ("today" in wish) gate.today = wish.today;
  if ("flags" in wish) gate.flags = wish.flags;
  if ("between" in wish) between = wish.between;
  const voucher = gate.voucher(wish.person ?? 1042);
  return JSON.stringify({
    voucher,
    punches: gate.punches,
    witnesses: gate.witnesses,
    requests: gate.requests,
    keys: gate.keyList,
  });
};

/** @param {string} pathname */
const shellFile = async (pathname) => {
  const name = pathname === "/" ? "/index.html" : pathname;
  const type = TYPES[extname(name)];
  return type && !name.includes("..") ? { type, body: await readFile(join(DIST, name)) } : null;
};

createServer(async (request, response) => {
  let body = "";
  for await (const chunk of request) body += chunk;
  const { pathname } = new URL(request.url ?? "/", "http://gate");
  try {
    if (pathname === "/__test") return response.writeHead(200).end(control(body));
    if (/^\/(status|kantor)\/?$/.test(pathname))
      return response.writeHead(200, { "Content-Type": "text/html" }).end(`<h1>The page ${pathname}</h1>`);
    if (!/^\/(v1|kantor)\//.test(pathname)) {
      const file = await shellFile(pathname);
      if (!file) return response.writeHead(404).end();
      const headers = {
        "Content-Type": file.type,
        "Cache-Control": "no-cache",
        "Content-Security-Policy": CSP,
      };
      if (between === "portal" && file.type !== "text/javascript")
        return response.writeHead(200, { "Content-Type": "text/html" }).end(PORTAL);
      if (between === "half" && pathname !== "/sw.js")
        return response.writeHead(200, headers).end(file.body.subarray(0, file.body.length / 2));
      return response.writeHead(200, headers).end(file.body);
    }
    if (between === "portal") return response.writeHead(200, { "Content-Type": "text/html" }).end(PORTAL);
    const headers = /** @type {Record<string, string>} */ (request.headers);
    const answer = gate.handle(request.method ?? "GET", request.url ?? "/", headers, body);
    const sent = between === "half" ? answer.body.slice(0, answer.body.length / 2) : answer.body;
    return response.writeHead(answer.status, answer.headers).end(sent);
  } catch (error) {
    console.error(String(error));
    return response.writeHead(500).end();
  }
}).listen(Number(port), "127.0.0.1", () => console.log("ready"));
