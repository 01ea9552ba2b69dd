/** A browser that keeps nothing: said at once, in both languages, since no choice of one can be read. */

import { textsIn } from "./state.ts";

export const DeniedPage = () => (
  <main class="denied">
    {(["id", "en"] as const).map((language) => (
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
