declare module "*/dev/story.mjs" {
  import type { Activity, AskForYou, ImClient, PersonVerdict, RoomView, Stream } from "../src/api/names";
  export const people: (now?: number) => PersonVerdict[];
  export const activities: (now?: number) => Activity[];
  export const streams: (now?: number) => Stream[];
  export const clients: () => ImClient[];
  export const asks: (now?: number) => AskForYou[];
  export const room: (token: string, now?: number) => RoomView;
}
