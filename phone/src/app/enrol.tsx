/** Enrolment by a slip: scanned by the phone's camera, or typed here. */

import type { Texts } from "../core/text/id.ts";
import { Back, type PageProps } from "./frame.tsx";
import { Icon } from "./icons.tsx";
import { type EnrolError, type State, textsOf } from "./state.ts";

export const EnrolPage = ({ state, engine }: PageProps) => {
  const texts = textsOf(state);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const field = (event.currentTarget as HTMLFormElement).elements.namedItem("code");
    if (field instanceof HTMLTextAreaElement) void engine.enrolTyped(field.value);
  };
  return (
    <>
      {state.device && <Back to="#/lain" label={texts.back} />}
      {isNewcomer(state) && (
        <p>
          <button type="button" class="quiet back" onClick={() => engine.chooseAnother()}>
            <Icon name="back" />
            {texts.back}
          </button>
        </p>
      )}
      <h1>{isNewcomer(state) ? texts.addPerson : texts.enrolTitle}</h1>
      <Explanation state={state} />
      <form onSubmit={submit} noValidate>
        <label for="code">{texts.enrolCode}</label>
        <p id="code-hint" class="soft small">
          {texts.enrolHint}
        </p>
        <p id="code-error" class="error" role="alert">
          {state.enrolError && errorText(texts, state.enrolError)}
        </p>
        <textarea
          id="code"
          name="code"
          rows={6}
          data-testid="enrol-code"
          autocomplete="off"
          autocapitalize="characters"
          spellcheck={false}
          aria-describedby="code-hint code-error"
          aria-invalid={state.enrolError !== null}
          defaultValue={state.offeredCode}
        />
        <button type="submit" class="action main" data-testid="enrol-submit">
          {texts.enrolSubmit}
        </button>
      </form>
    </>
  );
};

/** One more person on a phone that somebody has already. */
const isNewcomer = ({ device, people }: State): boolean => !device && people.length > 0;

const Explanation = ({ state }: { state: State }) => {
  const texts = textsOf(state);
  if (state.device)
    return (
      <p class="notice attention">
        <Icon name="attention" />
        <span>{texts.enrolReplace(state.device.person)}</span>
      </p>
    );
  return (
    <>
      {isNewcomer(state) && <p>{texts.addIntro}</p>}
      <p>{texts.enrolIntro}</p>
    </>
  );
};

const errorText = (texts: Texts, error: EnrolError): string => {
  if (error.kind === "lines") return texts.enrolLines(joined(error.lines, texts.and));
  if (error.kind === "length") return texts.enrolLength(error.characters);
  if (error.kind === "full") return texts.enrolFull;
  return error.kind === "content" ? texts.enrolContent : texts.enrolSaveFailed;
};

/** `2`, `2 dan 5`, `1, 2 dan 5` */
const joined = (lines: readonly number[], and: string): string =>
  lines.length < 2 ? lines.join("") : `${lines.slice(0, -1).join(", ")} ${and} ${lines.at(-1)}`;
