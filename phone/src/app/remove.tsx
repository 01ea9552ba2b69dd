/** A person leaves this phone. Nothing unsent is ever removed. */

import { isUnsent } from "../core/outbox.ts";
import { Back, type PageProps } from "./frame.tsx";
import { Icon } from "./icons.tsx";
import { nameOf, textsOf } from "./state.ts";

export const RemovePage = ({ state, engine }: PageProps) => {
  const texts = textsOf(state);
  const unsent = state.punches.filter(({ entry }) => isUnsent(entry)).length;
  return (
    <>
      <Back to="#/lain" label={texts.back} />
      <h1>{texts.removeTitle(nameOf(state))}</h1>
      {texts.removeText.map((line) => (
        <p key={line}>{line}</p>
      ))}
      {unsent > 0 ? (
        <p class="notice attention" data-testid="remove-unsent">
          <Icon name="attention" />
          <span>{texts.removeUnsent(unsent)}</span>
        </p>
      ) : (
        <button
          type="button"
          class="action danger"
          data-testid="remove-now"
          onClick={() => void engine.removeMe()}
        >
          {texts.removeNow}
        </button>
      )}
      <a class="action" href="#/lain">
        {texts.cancel}
      </a>
    </>
  );
};
