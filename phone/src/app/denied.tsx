/** A browser that keeps nothing: said at once, in both languages, since no choice of one can be read. */

import type { Settings } from "../store.ts";
import { textsIn } from "./state.ts";

export const DeniedPage = ({ languages }: { languages: readonly Settings["language"][] }) => (
  <main class="denied">
    {languages.map((language) => (
      <section
        key={language}
        lang={language}
        class="card prose"
        role={language === "id" ? "alert" : undefined}
      >
        <h1>{textsIn(language).deniedTitle}</h1>
        {textsIn(language).deniedText.map((line) => (
          <p key={line}>{line}</p>
        ))}
      </section>
    ))}
  </main>
);
