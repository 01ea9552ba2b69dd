/** One punch, opened: the times, the receipt, and the evidence that anybody can check. */

import { receiptFile } from "../core/receipt.ts";
import { localDate, localDay, localTime, officialTimeOf, zoneName } from "../core/time.ts";
import type { StoredPunch } from "../store.ts";
import { canShareFiles, saveFile, shareFile, textFile } from "./files.ts";
import { Back } from "./frame.tsx";
import { Icon } from "./icons.tsx";
import { StillRow } from "./rows.tsx";
import { clockIn, countedMs, isUnkept, officeWord, type State, textsOf, zoneOf } from "./state.ts";

export const RecordPage = ({ state, hash }: { state: State; hash: string }) => {
  const texts = textsOf(state);
  const punch = state.punches.find((each) => each.hash === hash);
  return (
    <>
      <Back to="#/" label={texts.back} />
      {punch && <Record state={state} punch={punch} />}
    </>
  );
};

const Record = ({ state, punch }: { state: State; punch: StoredPunch }) => {
  const texts = textsOf(state);
  return (
    <>
      <h1>
        {texts[punch.direction]}, {localDay(punch.reading.wall_ms, zoneOf(state), state.settings.language)}
      </h1>
      <StillRow state={state} punch={punch} />
      <section class="card">
        <Facts facts={timeFacts(state, punch)} />
      </section>
      <section class="card prose">
        <h2>{texts.receipt}</h2>
        {punch.receipt ? (
          <ReceiptPart state={state} punch={punch} />
        ) : (
          <p>{isUnkept(state, punch) ? texts.unkeptWaiting : texts.receiptNone}</p>
        )}
      </section>
      <section class="card prose">
        <h2>{texts.evidence}</h2>
        <Facts facts={evidenceFacts(state, punch)} />
      </section>
    </>
  );
};

const ReceiptPart = ({ state, punch }: { state: State; punch: StoredPunch }) => {
  const texts = textsOf(state);
  const file = () => textFile(fileName(state, punch), receiptFile(punch.record, punch.receipt?.text ?? ""));
  return (
    <>
      <p class="good">
        <Icon name="recorded" />
        {texts.receiptChecked}
      </p>
      <button type="button" class="action main" data-testid="save-receipt" onClick={() => saveFile(file())}>
        {texts.saveReceipt}
      </button>
      {(punch.later ?? []).map((receipt) => (
        <button
          key={receipt.origin}
          type="button"
          class="action"
          onClick={() => saveFile(textFile(fileName(state, punch), receiptFile(punch.record, receipt.text)))}
        >
          {texts.saveLater(lastPart(receipt.origin))}
        </button>
      ))}
      {canShareFiles() && (
        <button type="button" class="action" onClick={() => void shareFile(file())}>
          {texts.shareReceipt}
        </button>
      )}
    </>
  );
};

type Fact = readonly [label: string, value: string, kind?: "code" | "big"];

const Facts = ({ facts }: { facts: readonly Fact[] }) => (
  <dl class="facts-list">
    {facts.map(([label, value, kind]) => (
      <div key={label + value}>
        <dt>{label}</dt>
        <dd class={kind}>{value}</dd>
      </div>
    ))}
  </dl>
);

const timeFacts = (state: State, punch: StoredPunch): Fact[] => {
  const texts = textsOf(state);
  const zone = zoneOf(state);
  const clock = (ms: number) => `${clockIn(state)(ms).second} ${zoneName(zone)}`;
  const facts: Fact[] = [[texts.tapTime, clock(punch.reading.wall_ms), "big"]];
  if (punch.receipt) {
    const date = localDate(punch.receipt.receivedAtMs, zone, state.settings.language);
    facts.push([texts.receivedTime, `${date}, ${clock(punch.receipt.receivedAtMs)}`]);
  }
  const counted = countedMs(state, punch);
  if (counted !== null) facts.push([texts.judgedTime, clock(counted)]);
  const grade = officeWord(state, punch)?.grade_word?.[state.settings.language];
  if (grade) facts.push([texts.grade, grade]);
  const official = officialTimeOf(punch.record);
  facts.push([texts.officialTime, official === null ? texts.officialTimeNone : clock(official)]);
  if (punch.details.length) facts.push([texts.location, texts.locationSent]);
  return facts;
};

const evidenceFacts = (state: State, punch: StoredPunch): Fact[] => {
  const texts = textsOf(state);
  const facts: Fact[] = [[texts.hash, punch.hash, "code"]];
  if (punch.receipt) {
    facts.push(
      [texts.journal, punch.receipt.origin, "code"],
      [texts.position, String(punch.receipt.index), "code"],
      [texts.bookSize, String(punch.receipt.treeSize), "code"],
    );
  }
  for (const { origin, index } of punch.later ?? []) {
    facts.push([texts.journalLater, `${origin} · ${index}`, "code"]);
  }
  facts.push([texts.sequence, texts.recordNumber(punch.seq)], [texts.tries, String(punch.tries)]);
  facts.push([texts.statement, punch.statement?.sent ? texts.statementSent : texts.statementNone]);
  facts.push([texts.deviceKey, punch.kid, "code"]);
  return facts;
};

const lastPart = (origin: string): string => origin.slice(origin.lastIndexOf("/") + 1);

const fileName = (state: State, { direction, reading }: StoredPunch): string => {
  const { date, minute } = localTime(reading.wall_ms, zoneOf(state));
  return `hadir-${date}-${direction === "in" ? "masuk" : "pulang"}-${minute.replace(":", "")}.txt`;
};
