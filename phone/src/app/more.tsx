/** Lain: this phone, its slip, what is not sent yet, and what is stored about me. */

import { isUnsent } from "../core/outbox.ts";
import { localDate } from "../core/time.ts";
import { voucherExpired } from "../core/voucher.ts";
import type { Device } from "../store.ts";
import { VERSION } from "../version.ts";
import { saveFile, textFile } from "./files.ts";
import type { PageProps } from "./frame.tsx";
import { clockIn, isShared, nameOf, type State, standingOf, textsOf, zoneOf } from "./state.ts";

export const MorePage = ({ state, engine }: PageProps) => {
  const texts = textsOf(state);
  return (
    <>
      <h1>{texts.tabMore}</h1>
      <Unsent state={state} />
      <section class="card prose">
        <h2>{texts.thisPhone}</h2>
        <dl class="facts-list">
          {phoneFacts(state).map(([label, value, code]) => (
            <div key={label}>
              <dt>{label}</dt>
              <dd class={code ? "code" : ""}>{value}</dd>
            </div>
          ))}
        </dl>
        <a class="action" href="#/daftar">
          {texts.enrolAgain}
        </a>
      </section>
      <People state={state} engine={engine} />
      <section class="card prose">
        <h2>{texts.language}</h2>
        <Language state={state} engine={engine} />
      </section>
      <section class="card prose">
        <h2>{texts.aboutMe}</h2>
        <ul class="plain">
          {texts.aboutMeList.map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
      </section>
    </>
  );
};

const Unsent = ({ state }: { state: State }) => {
  const texts = textsOf(state);
  const unsent = state.punches.filter(({ entry }) => isUnsent(entry));
  const save = () => {
    const lines = unsent.map(({ record }) => record);
    saveFile(textFile("hadir-belum-terkirim.txt", ["hadir-unsent/v1", ...lines, ""].join("\n")));
  };
  return (
    <section class="card prose">
      <h2>{texts.unsent}</h2>
      <p class="headline" data-testid="unsent-count">
        {texts.unsentCount(unsent.length)}
      </p>
      {unsent.length > 0 && (
        <button type="button" class="action" onClick={save}>
          {texts.exportUnsent}
        </button>
      )}
    </section>
  );
};

const People = ({ state, engine }: PageProps) => {
  const texts = textsOf(state);
  return (
    <section class="card prose">
      <h2>{texts.people}</h2>
      <p>{isShared(state) ? texts.peopleShared : texts.peopleAlone}</p>
      {isShared(state) && (
        <button type="button" class="action" onClick={() => engine.chooseAnother()}>
          {texts.switchPerson}
        </button>
      )}
      <button type="button" class="action" data-testid="add-person" onClick={() => engine.addPerson()}>
        {texts.addPerson}
      </button>
      <a class="action" href="#/hapus">
        {texts.removePerson(nameOf(state))}
      </a>
    </section>
  );
};

const Language = ({ state, engine }: PageProps) => {
  const other = state.settings.language === "id" ? "en" : "id";
  return (
    <button type="button" class="action" lang={other} onClick={() => void engine.setLanguage(other)}>
      {textsOf(state).otherLanguageLong}
    </button>
  );
};

const phoneFacts = (state: State): [label: string, value: string, code?: boolean][] => {
  const texts = textsOf(state);
  const { device } = state;
  if (!device) return [];
  const kept = { true: texts.storageKept, false: texts.storageMay, null: texts.storageUnknown };
  return [
    [texts.person, String(device.person)],
    [texts.enrolledAt, enrolledAt(state, device)],
    [texts.slip, slipText(state, device)],
    [texts.confirmation, texts[`standing_${standingOf(state)}`]],
    [texts.storage, kept[`${state.persisted}`]],
    [texts.site, state.site ?? texts.siteUnknown, state.site !== null],
    [texts.deviceKey, device.kid, true],
    [texts.version, VERSION],
  ];
};

const enrolledAt = (state: State, { enrolledAtMs }: Device): string => {
  const zone = zoneOf(state);
  return `${localDate(enrolledAtMs, zone, state.settings.language)}, ${clockIn(state)(enrolledAtMs).minute}`;
};

const slipText = (state: State, device: Device): string => {
  const texts = textsOf(state);
  if (device.voucherVerified === false) return texts.slipWrong(device.slip);
  if (!device.confirmed && voucherExpired(device, state.nowMs)) return texts.slipExpired;
  return device.voucherVerified ? texts.slipChecked(device.slip) : texts.slipUnchecked(device.slip);
};
