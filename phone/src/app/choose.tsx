/** Whose tap is it? Asked at each opening of a shared phone. Names only: what each has tapped is his own. */

import type { Profile } from "../profiles.ts";
import type { Settings } from "../store.ts";
import { LanguageButton } from "./frame.tsx";
import { textsIn } from "./state.ts";

export interface ChooseProps {
  readonly profiles: readonly Profile[];
  readonly language: Settings["language"];
  readonly setLanguage: (language: Settings["language"]) => void;
  readonly enter: (db: string) => void;
}

export const ChoosePage = ({ profiles, language, setLanguage, enter }: ChooseProps) => {
  const texts = textsIn(language);
  return (
    <>
      <header class="head">
        <p class="who">{texts.appName}</p>
        <LanguageButton language={language} set={setLanguage} />
      </header>
      <main>
        <h1>{texts.whoTitle}</h1>
        <ul class="people">
          {profiles.map(({ db, person, name }) => (
            <li key={db}>
              <button type="button" class="person" data-testid={`person-${person}`} onClick={() => enter(db)}>
                {name ?? texts.employee(person)}
                {name && <small>{texts.employee(person)}</small>}
              </button>
            </li>
          ))}
        </ul>
        <p class="soft">{texts.whoHint}</p>
      </main>
    </>
  );
};
