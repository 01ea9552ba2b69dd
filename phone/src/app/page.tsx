/** One person's page: the frame, and in it what the address asks for. */

import { EnrolPage } from "./enrol.tsx";
import { Frame, type PageProps } from "./frame.tsx";
import { MonthPage } from "./month.tsx";
import { MorePage } from "./more.tsx";
import { MovePage } from "./move.tsx";
import { RecordPage } from "./record.tsx";
import { RemovePage } from "./remove.tsx";
import { RulesPage } from "./rules.tsx";
import { shouldMove } from "./state.ts";
import { TodayPage } from "./today.tsx";

export const Page = ({ state, engine }: PageProps) => (
  <Frame state={state} engine={engine}>
    <Inside state={state} engine={engine} />
  </Frame>
);

const Inside = ({ state, engine }: PageProps) => {
  if (shouldMove(state)) return <MovePage state={state} engine={engine} />;
  if (!state.device || state.route.page === "enrol") return <EnrolPage state={state} engine={engine} />;
  if (state.route.page === "record") return <RecordPage state={state} hash={state.route.hash} />;
  if (state.route.page === "month") return <MonthPage state={state} />;
  if (state.route.page === "more") return <MorePage state={state} engine={engine} />;
  if (state.route.page === "rules") return <RulesPage state={state} />;
  if (state.route.page === "remove") return <RemovePage state={state} engine={engine} />;
  return <TodayPage state={state} engine={engine} />;
};
