/** Before anything is enrolled where it would not last: where to go, how the card comes along, and what staying risks. */

import type { PageProps } from "./frame.tsx";
import type { Place } from "./place.ts";
import { type State, textsOf } from "./state.ts";

export const MovePage = ({ state, engine }: PageProps) => {
  const texts = textsOf(state);
  const { place } = state;
  const isTab = place.kind === "ios_tab";
  const taken = isTab ? state.offeredCode : slipLink(state);
  return (
    <>
      <h1>{titleOf(state, place)}</h1>
      <p>{place.kind === "in_app" ? texts.moveInApp(place.app ?? texts.moveAnotherApp) : texts.moveIosTab}</p>
      <ol class="card prose steps">
        {stepsOf(state, place).map((step) => (
          <li key={step}>{step}</li>
        ))}
      </ol>
      {taken && (
        <section class="card prose">
          <p class="code taken" data-testid="move-taken">
            {taken}
          </p>
          <button
            type="button"
            class="action main"
            data-testid="move-copy"
            onClick={() => void engine.copy(taken)}
          >
            {state.copied === taken ? texts.moveCopied : isTab ? texts.moveCopyCode : texts.moveCopyLink}
          </button>
        </section>
      )}
      <p class="soft small">{texts.moveRisk}</p>
      <button type="button" class="action" data-testid="move-stay" onClick={() => void engine.stayHere()}>
        {texts.moveStay}
      </button>
    </>
  );
};

const titleOf = (state: State, place: Place): string => {
  const texts = textsOf(state);
  return place.kind === "in_app" ? texts.moveTo(place.browser) : texts.moveToHomeScreen;
};

const stepsOf = (state: State, place: Place): readonly string[] => {
  const texts = textsOf(state);
  if (place.kind === "in_app") return texts.moveInAppSteps(place.browser);
  return state.offeredCode ? [texts.moveIosFirst, ...texts.moveIosSteps] : texts.moveIosSteps;
};

/** The address that brought the card here, whole. */
const slipLink = ({ offeredCode }: State): string =>
  `${location.origin}/${offeredCode ? `#v=${offeredCode}` : ""}`;
