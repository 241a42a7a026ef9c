/** Short names for the schemas of the API. */
import type { components } from "./types";

type Schemas = components["schemas"];

export type Activity = Schemas["Activity"];
export type ActivityPerson = Schemas["ActivityPerson"];
export type ActivityState = Activity["state"];
export type AskForYou = Schemas["AskForYou"];
export type Attached = Schemas["Attached"];
export type Availability = PersonVerdict["availability"];
export type ChatLine = Schemas["ChatLine"];
export type CheckAnswer = Schemas["CheckAnswer"];
export type Clause = Schemas["Clause"];
export type Connection = Schemas["Connection"];
export type DoctorLine = Schemas["DoctorLine"];
export type Explanation = Schemas["Explanation"];
export type GuestClause = Schemas["GuestClause"];
export type GuestPerson = Schemas["GuestPerson"];
export type ImClient = Schemas["ImClient"];
export type Kind = Activity["kind"];
export type LogLine = Schemas["LogLine"];
export type Me = Schemas["Me"];
export type PersonVerdict = Schemas["PersonVerdict"];
export type Problem = Schemas["Problem"];
export type RoomView = Schemas["RoomView"];
export type Stream = Schemas["Stream"];
export type TraceLine = Schemas["TraceLine"];
export type WhyNode = Schemas["WhyNode"];

/** What a question may leave out. */
export type NewActivity = Partial<Schemas["NewActivity"]> & { who: string };
export type MeStatement = Partial<Schemas["MeStatement"]> & { state: Schemas["MeStatement"]["state"] };
export type AnswerGiven = Partial<Schemas["AnswerGiven"]> & { answer: Schemas["AnswerGiven"]["answer"] };
