/** Enrolment by a slip: scanned by the phone's camera, or typed here. */

import type { Texts } from "../core/text/id.ts";
import { Back, type PageProps } from "./frame.tsx";
import { Icon } from "./icons.tsx";
import { type EnrolError, textsOf } from "./state.ts";

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
      <h1>{texts.enrolTitle}</h1>
      {state.device ? (
        <p class="notice attention">
          <Icon name="attention" />
          <span>{texts.enrolReplace(state.device.person)}</span>
        </p>
      ) : (
        <p>{texts.enrolIntro}</p>
      )}
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

const errorText = (texts: Texts, error: EnrolError): string => {
  if (error.kind === "lines") return texts.enrolLines(joined(error.lines, texts.and));
  if (error.kind === "length") return texts.enrolLength(error.characters);
  return error.kind === "content" ? texts.enrolContent : texts.enrolSaveFailed;
};

/** `2`, `2 dan 5`, `1, 2 dan 5` */
const joined = (lines: readonly number[], and: string): string =>
  lines.length < 2 ? lines.join("") : `${lines.slice(0, -1).join(", ")} ${and} ${lines.at(-1)}`;
